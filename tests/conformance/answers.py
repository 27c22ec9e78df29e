"""What a client of any kind must have got, whichever door it came through.

The official Python client's answers are judged here once; every other client's are compared.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from servers import TODAY
from steps import expect

from pierre_mcp.server.tools import TOOLS

PAGE = 25
PAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to the questions that every client asks."""

    tools: list[str]
    activities: list[list[Any]]
    paged_ids: list[str]
    nights: list[list[Any]]
    records: list[list[Any]]

    def differences(self, other: "Answers") -> list[str]:
        """The names of the answers that are not the same."""
        names = (field.name for field in fields(self))
        return [name for name in names if getattr(self, name) != getattr(other, name)]


def rows(answer: dict[str, Any], *, synthetic: bool = True) -> list[list[Any]]:
    """The rows of a table in our envelope."""
    expect(answer["success"] is True, f"the answer is a failure: {answer}")
    expect(answer["meta"].get("synthetic") is synthetic, "the data is not said to be synthetic")
    return list(answer["result"]["rows"])


def judge(answers: Answers) -> None:
    """Fail the step unless the answers make sense in themselves."""
    expect(answers.tools == [spec.name for spec in TOOLS], f"tools listed: {answers.tools}")
    expect(len(answers.activities) == PAGE * PAGES, f"{len(answers.activities)} activities")
    starts = [datetime.fromisoformat(row[3]) for row in answers.activities]
    expect(starts == sorted(starts, reverse=True), "the activities are not newest first")
    end_of_today = datetime.fromisoformat(f"{TODAY}T23:59:59+02:00")
    expect(timedelta() < end_of_today - starts[0] < timedelta(days=1), f"the newest is {starts[0]}")
    ids = [row[0] for row in answers.activities]
    expect(answers.paged_ids == ids, "pages by cursor repeat or lack activities")
    expect(answers.nights and answers.nights[0][0] == TODAY, "last night is not there")
    expect(answers.records, "there are no records")
