"""``demo``: a person sees what an assistant would get, on any terminal and in any pipe."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from processes import LONG_ENOUGH_SECONDS, PIERRE, environ_of

TODAY = {"PIERRE_SYNTHETIC_TODAY": "2026-05-01"}
BLOCKS = "█▓▒░"


def shown_with(home: Path, **environ: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command line
        [*PIERRE, "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=environ_of(home, TODAY | environ),
        timeout=LONG_ENOUGH_SECONDS,
    )
    encoding = environ.get("PYTHONIOENCODING", "utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode(encoding).replace("\r\n", "\n")


def part(shown: str, heading: str) -> list[str]:
    """The lines below a heading, up to the next."""
    below = shown.split(f"\n{heading}\n")[1]
    return below.partition("\n\n")[0].splitlines()


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> str:
    """What a pipe gets, at 80 columns."""
    return shown_with(tmp_path_factory.mktemp("home"), COLUMNS="80")


@pytest.fixture(scope="module")
def in_ascii(tmp_path_factory) -> str:
    return shown_with(tmp_path_factory.mktemp("home"), PYTHONIOENCODING="ascii", COLUMNS="80")


def test_the_athlete_is_said_to_be_synthetic(shown: str):
    assert "a synthetic athlete" in shown.splitlines()[1]


def test_every_tool_is_listed(shown: str):
    tools = [line.split()[0] for line in part(shown, "14 tools an assistant can call")]
    assert len(tools) == len(set(tools)) == 14
    assert {"get_activities", "get_sleep_sessions", "list_providers"} <= set(tools)


def test_the_last_workouts_are_a_table(shown: str):
    heading, *rows = part(shown, "Last workouts")
    assert heading.split() == ["when", "sport", "what", "km", "time", "pace", "bpm"]
    assert len(rows) == 8
    for row in rows:
        assert re.match(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d (Apr|May)  [a-z]", row)
        assert re.search(r" \d+:\d\d ", row)


def test_no_cell_of_the_table_but_the_name_is_shortened(shown: str):
    heading, *rows = part(shown, "Last workouts")
    begin, end = heading.index("what"), heading.index("km") - 3
    for row in rows:
        assert "…" not in row[:begin] + row[end:]


def test_the_weeks_are_a_chart_with_the_longest_bar_for_the_longest_week(shown: str):
    weeks = part(shown, "Hours of training a week")
    bars = [(line.count("█"), float(re.findall(r"([\d.]+) h", line)[0])) for line in weeks]
    assert len(weeks) == 10
    assert weeks[-1].endswith("so far")
    assert max(bars)[1] == max(hours for _, hours in bars)
    assert max(bars)[0] == 36


def test_last_night_is_told_and_drawn_by_stages(shown: str):
    told, drawn, legend, recovery = part(shown, "Last night")
    assert re.search(r"\d\d:\d\d to \d\d:\d\d: .* asleep, efficiency \d+ %, HRV \d+ ms", told)
    assert [block for block in BLOCKS if block in drawn] == list(BLOCKS)
    for stage in ("deep", "light", "rem", "awake"):
        assert stage in legend
    assert re.search(r"Recovery \d+ of 100, resting heart rate \d+ bpm", recovery)


def test_the_lines_for_claude_desktop_can_be_pasted(shown: str):
    below = shown.split("\nGive it to Claude Desktop\n")[1]
    config, _ = json.JSONDecoder().raw_decode(below[below.index("{") :])
    server = config["mcpServers"]["pierre"]
    assert server["args"][-1] == "serve"
    assert "claude_desktop_config.json" in below


def test_it_says_how_to_use_ones_own_data(shown: str):
    assert "PIERRE_FILES_DIR" in shown.split("\nUse your own data\n")[1]


def test_it_fits_into_80_columns_but_for_what_is_pasted_whole(shown: str):
    drawn, pasted = shown.split("\nGive it to Claude Desktop\n")
    assert max(map(len, drawn.splitlines())) <= 80
    assert "Use your own data" in pasted


def test_a_pipe_gets_no_escape_sequences(shown: str):
    assert "\x1b" not in shown


def test_an_ascii_pipe_gets_ascii_that_says_the_same(shown: str, in_ascii: str):
    assert in_ascii.isascii()
    assert "\\u" not in in_ascii
    assert len(in_ascii.splitlines()) == len(shown.splitlines())
    drawn = part(in_ascii, "Last night")[1].strip()
    assert re.fullmatch(r"#+=+-+\.+", drawn)


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": "dumb", "PYTHONIOENCODING": "cp1252"}],
    ids=["dumb", "no color", "code page"],
)
def test_it_works_on_poor_terminals(home: Path, environ: dict[str, str]):
    poor = shown_with(home, **environ)
    assert "\x1b" not in poor
    assert "Give it to Claude Desktop" in poor


def test_a_narrow_terminal_ends_nothing(home: Path):
    assert "Give it to Claude Desktop" in shown_with(home, COLUMNS="30")


def test_json_is_the_servers_own_answers(pierre):
    found = json.loads(pierre("demo", "--json", **TODAY).out)
    assert set(found) == {
        "tools", "providers", "athlete", "activities", "weeks", "sleep", "recovery"
    }  # fmt: skip
    for answer in (found["activities"], found["sleep"], found["weeks"]):
        assert answer["success"] is True
        assert answer["meta"]["synthetic"] is True
    assert found["sleep"]["result"]["end_date"] == "2026-05-01"


def test_json_is_ascii_where_the_pipe_is(pierre):
    done = pierre("demo", "--json", PYTHONIOENCODING="ascii", **TODAY)
    assert done.out.isascii()
    assert json.loads(done.out)["tools"]


def test_it_shows_the_synthetic_athlete_whatever_is_set(pierre, tmp_path: Path):
    done = pierre(
        "demo", "--json",
        PIERRE_FILES_DIR=str(tmp_path), PIERRE_DEFAULT_PROVIDER="files", PIERRE_PROVIDERS="files",
    )  # fmt: skip
    assert json.loads(done.out)["activities"]["meta"]["providers"] == ["synthetic"]


def test_a_day_that_is_none_is_one_sentence(pierre):
    done = pierre("demo", PIERRE_SYNTHETIC_TODAY="someday")
    assert (done.code, done.out) == (2, "")
    assert "PIERRE_SYNTHETIC_TODAY: not a day" in done.err
    assert "Traceback" not in done.err


def test_a_server_that_cannot_be_asked_is_one_sentence(pierre, tmp_path: Path):
    # The server imports this before it serves; the demo itself comes through it unharmed.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'serve' in sys.orig_argv: os._exit(7)\n", encoding="utf-8"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = pierre("demo", PYTHONPATH=path)
    assert (done.code, done.out) == (2, "")
    assert "pierre-mcp doctor" in done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another thing there")
def test_a_reader_that_leaves_early_gets_no_traceback(home: Path):
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ_of(home, TODAY),
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=LONG_ENOUGH_SECONDS)
    assert b"Traceback" not in errors
