"""The bench runs, tells what it measured in both forms, and says when a promise is broken."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "tools" / "bench"


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import report

    yield report
    del sys.modules["report"]


NAME = "strava-page-mapping"


def test_it_measures_a_row_and_writes_what_it_prints(tmp_path: Path):
    out = tmp_path / "made" / "bench.json"
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BENCH), "--rounds", "1", "--only", NAME, "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    # Which of the two is the machine's business: one round on a busy one says nothing.
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["python"]
    (row,) = told["rows"]
    assert (row["name"], row["at_most"]) == (NAME, 2.0)
    assert row["details"]["mapping_ms"] > 0
    assert row["details"]["page_kilobytes"] > 100
    assert row["over"] == (done.returncode == 1)
    assert f"{row['value']:.2f} x" in done.stdout
    assert NAME in done.stdout


@pytest.mark.parametrize(
    ("value", "at_most", "mark"), [(1.5, 2.0, "ok"), (2.0, 2.0, "ok"), (2.1, 2.0, "OVER")]
)
def test_a_row_over_its_limit_is_marked(report, value: float, at_most: float, mark: str):
    made = report.Measurement(value=value, details={"calls": 7})
    row = report.Row(name="r", what="w", unit="ms", at_most=at_most, measure=lambda _: made)
    result = report.measured(row, 3)
    assert report.is_over(result) == (mark == "OVER")
    head, line, details = report.as_table([result]).splitlines()
    assert head.split() == ["row", "measured", "promised", "what"]
    assert line.split() == ["r", f"{value:.2f}", "ms", "<=", "2", "ms", mark, "w"]
    assert details == "  calls 7"


def test_a_row_without_a_limit_is_only_told(report):
    made = report.Measurement(value=9.0)
    row = report.Row(name="r", what="w", unit="MB", measure=lambda _: made)
    result = report.measured(row, 1)
    assert not report.is_over(result)
    assert report.as_table([result]).splitlines()[1].split() == ["r", "9.00", "MB", "w"]
    assert json.loads(report.as_json([result], {}))["rows"][0]["at_most"] is None


@pytest.mark.parametrize(("value", "broken"), [(0.61, False), (0.6, False), (0.59, True)])
def test_a_row_under_its_least_is_marked(report, value: float, broken: bool):
    made = report.Measurement(value=value)
    row = report.Row(name="r", what="w", unit="x", at_least=0.6, measure=lambda _: made)
    result = report.measured(row, 1)
    assert report.is_over(result) == broken
    assert ("OVER" in report.as_table([result])) == broken


def test_our_server_and_a_bare_one_are_asked_side_by_side(tmp_path: Path):
    out = tmp_path / "bench.json"
    rows = ["bytes-20", "nothing-http-1"]
    only = [word for row in rows for word in ("--only", row)]
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BENCH), "--rounds", "1", *only, "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    told = {row["name"]: row for row in json.loads(out.read_text(encoding="utf-8"))["rows"]}
    assert set(told) == set(rows)
    assert 0 < told["bytes-20"]["value"] < 1, "a table is smaller than a page of models"
    assert told["nothing-http-1"]["details"]["ours_us"] > 0
