"""``--version``, help, ``providers`` and ``status``; and what every command does when it cannot."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest
import strangers

REPORTS = (["providers"], ["status"], ["doctor"], ["client-config", "cursor"])


def test_the_version_is_that_of_the_distribution(pierre):
    done = pierre("--version")
    assert (done.code, done.out) == (0, f"pierre-mcp {version('pierre-mcp')}\n")


def test_help_names_every_command(pierre):
    done = pierre("--help")
    assert done.code == 0
    for command in (
        "serve", "demo", "providers", "status", "doctor", "client-config", "connect", "disconnect",
        "token", "keys", "export", "forget",
    ):  # fmt: skip
        assert f"\n  {command} " in done.out


def test_without_a_command_there_is_help(pierre):
    done = pierre()
    assert "Usage:" in done.out + done.err
    assert done.code in (0, 2)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["status", "--jsn"], ["client-config", "netscape"], ["serve", "x"]]
)
def test_a_word_that_means_nothing_is_named_without_a_traceback(pierre, arguments):
    done = pierre(*arguments)
    assert done.code == 2
    assert arguments[-1] in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("arguments", REPORTS, ids=lambda words: words[0])
def test_with_json_stdout_is_one_json_document(pierre, tmp_path: Path, arguments):
    found = strangers.install(
        tmp_path / "site", "parrot", on_import="print('I am imported')", answer="print('hello')"
    )
    done = pierre(*arguments, "--json", **found)
    json.loads(done.out)
    assert done.code == 0, done.err


def test_providers_tells_what_each_offers_and_needs(pierre):
    told = json.loads(pierre("providers", "--json").out)
    by_name = {provider["name"]: provider for provider in told["providers"]}
    assert told["default_provider"] == "synthetic"
    assert set(by_name) == {"files", "strava", "synthetic"}
    assert by_name["synthetic"]["synthetic"] is True
    assert by_name["files"]["configured"] is False
    assert "PIERRE_FILES_DIR" in by_name["files"]["needs"][0]


def test_providers_for_a_person_names_what_the_json_names(pierre):
    shown = pierre("providers").out
    for word in ("files", "synthetic (default)", "Recordings folder", "PIERRE_FILES_DIR"):
        assert word in shown


def test_a_plug_in_that_cannot_be_loaded_is_reported_and_ends_nothing(pierre, tmp_path: Path):
    found = strangers.install(tmp_path / "site", "wreck", on_import="raise OSError('no keel')")
    listed = pierre("providers", "--json", **found)
    wreck = next(p for p in json.loads(listed.out)["providers"] if p["name"] == "wreck")
    assert (listed.code, wreck["available"]) == (0, False)
    assert "no keel" in json.loads(listed.out)["problems"][0]["reason"]
    shown = pierre("providers", **found).out
    assert "cannot be loaded" in shown
    assert "no keel" in shown


def test_status_follows_the_settings(pierre, tmp_path: Path):
    without = json.loads(pierre("status", "--json").out)["providers"]
    with_folder = json.loads(pierre("status", "--json", PIERRE_FILES_DIR=str(tmp_path)).out)
    assert without["files"]["status"] == "disconnected"
    assert "PIERRE_FILES_DIR" in without["files"]["detail"]
    assert with_folder["providers"]["files"]["status"] == "connected"


def test_status_for_a_person_says_what_to_do(pierre):
    shown = pierre("status").out
    assert "disconnected" in shown
    assert "PIERRE_FILES_DIR" in shown


WRONG = {
    "unknown provider": ({"PIERRE_PROVIDERS": "xx"}, "PIERRE_PROVIDERS: Provider 'xx' is not"),
    "unknown default": ({"PIERRE_DEFAULT_PROVIDER": "x"}, "PIERRE_DEFAULT_PROVIDER"),
    "log level": ({"PIERRE_LOG_LEVEL": "loud"}, "PIERRE_LOG_LEVEL"),
    "no such file": ({"PIERRE_CONFIG": "nowhere.toml"}, "PIERRE_CONFIG: cannot read nowhere.toml"),
    "not toml": ({"PIERRE_CONFIG": "broken.toml"}, "broken.toml"),
    "not text": ({"PIERRE_CONFIG": "binary.toml"}, "binary.toml is not UTF-8 text"),
    "unknown key": ({"PIERRE_CONFIG": "unknown.toml"}, "unknown key 'hme'"),
    "not a table": ({"PIERRE_CONFIG": "flat.toml"}, "[providers.files] must be a table"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broken.toml").write_text("home = [", encoding="utf-8")
    (tmp_path / "binary.toml").write_bytes(b"home = '\xff\xfe'")
    (tmp_path / "unknown.toml").write_text("hme = '/x'", encoding="utf-8")
    (tmp_path / "flat.toml").write_text("[providers]\nfiles = 1", encoding="utf-8")
    return tmp_path


def assert_one_sentence(done, told: str) -> None:
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("pierre-mcp: ")
    assert done.err.count("\n") == 1
    assert told in done.err


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_one_sentence_on_stderr(pierre, folder: Path, wrong: str):
    environ, told = WRONG[wrong]
    assert_one_sentence(pierre("status", cwd=folder, **environ), told)


@pytest.mark.parametrize(
    "arguments",
    [["serve"], ["serve", "--transport", "sse"], ["demo"], ["demo", "--json"], ["providers"],
     ["client-config", "codex"], ["connect", "synthetic"], ["disconnect", "synthetic"],
     ["token", "list"], ["token", "create", "--tenant", "club", "--user", "ada"],
     ["token", "revoke", "0"], ["keys", "rotate"], ["export"], ["forget", "--yes"]],
    ids=" ".join,
)  # fmt: skip
def test_every_command_refuses_a_wrong_setting_alike(pierre, arguments):
    assert_one_sentence(pierre(*arguments, PIERRE_LOG_LEVEL="loud"), "PIERRE_LOG_LEVEL")
