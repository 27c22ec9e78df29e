"""``make conformance``: real clients and the official suite against the real server.

Needs npm, which brings Node 22 and everything else into this folder. Says what each step does and
how it went, does them all, and exits with 1 if one did not hold.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

import inspector
import installing
import node
import python_client
import suite
import typescript
from answers import Answers
from servers import Workplace
from steps import Steps, expect


def main() -> int:
    """All steps; the exit code."""
    steps = Steps()
    if not steps.run("Node 22 and the clients, by npm", node.install):
        return steps.conclude()
    # Windows lets go of a stopped server's files late.
    with tempfile.TemporaryDirectory(prefix="pierre-", ignore_cleanup_errors=True) as folder:
        place = Workplace(folder=Path(folder).resolve())
        run_suite(steps, place)
        expected = run_python_client(steps, place)
        if expected is not None:
            run_javascript_clients(steps, place, expected)
        run_installations(steps, place)
    return steps.conclude()


def run_suite(steps: Steps, place: Workplace) -> None:
    """The official suite, for each revision of the protocol that it has requirements for."""
    steps.run("The suite's fixtures leave our tools alone", partial(suite.check_fixtures, place))
    for revision in suite.REQUIRED_SCENARIOS:
        check = partial(suite.check_requirements, place, revision)
        steps.run(f"Conformance suite, requirements of {revision}", check)


def run_python_client(steps: Steps, place: Workplace) -> Answers | None:
    """The official Python client; the answers that all doors must give, when there are any."""
    got: list[Answers] = []

    def check(door: str, mode: str) -> str:
        answers = python_client.ask(place, door, mode)
        got.append(answers)
        different = answers.differences(got[0])
        expect(not different, f"not the same as through the first door: {', '.join(different)}")
        return (
            f"{len(answers.tools)} tools, {len(answers.activities)} activities, "
            f"the same by cursor, {len(answers.nights)} nights, {len(answers.records)} records"
        )

    for door in ("stdio", "streamable HTTP", "SSE"):
        for mode, version in python_client.VERSIONS.items():
            title = f"Python client over {door}, mode {mode}: speaks {version}"
            steps.run(title, partial(check, door, mode))
    return got[0] if got else None


def run_javascript_clients(steps: Steps, place: Workplace, expected: Answers) -> None:
    """Inspector and the TypeScript SDK; each must get what the Python client got."""
    for door in ("stdio", "streamable HTTP"):
        for era in ("legacy", "modern"):
            check = partial(inspector.check, place, door, era, expected)
            steps.run(f"Inspector over {door}, {era} era", check)
        for client in typescript.SPOKEN:
            check = partial(typescript.check, place, door, client, expected)
            steps.run(f"TypeScript client {client} over {door}", check)


def run_installations(steps: Steps, place: Workplace) -> None:
    """Clients configured by what we print, the bundle, and package managers."""
    for title, check in (
        ("Claude Code, by the line that client-config prints", installing.claude_code),
        ("Codex, by the file that client-config prints", installing.codex),
        ("The desktop bundle, validated, packed, and started as its host would", installing.bundle),
        ("uvx, from the wheel", installing.uvx),
        ("pipx, from the wheel", installing.pipx),
    ):
        steps.run(title, partial(check, place))


if __name__ == "__main__":
    sys.exit(main())
