"""``doctor`` finds what is wrong, says what to do, and says by its exit code whether it is bad."""

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest
import strangers


@pytest.fixture
def findings(pierre):
    """The findings of a run and its exit code."""

    def examine(**environ):
        done = pierre("doctor", "--json", **environ)
        assert done.err == ""
        return json.loads(done.out), done.code

    return examine


def of(found, check, level=None):
    return [f for f in found if f["check"] == check and level in (None, f["level"])]


def test_a_sound_installation_has_no_failure(findings):
    found, code = findings()
    assert code == 0
    assert {f["level"] for f in found if f["check"] != "port"} == {"ok"}
    assert of(found, "provider synthetic", "ok")


def test_it_says_what_would_set_up_what_is_not(findings):
    found, _ = findings()
    (files,) = of(found, "provider files")
    assert "PIERRE_FILES_DIR" in files["remedy"]


def test_a_home_that_cannot_be_written_is_a_failure(findings, tmp_path: Path):
    (tmp_path / "occupied").write_text("a file and no folder", encoding="utf-8")
    found, code = findings(PIERRE_HOME=str(tmp_path / "occupied" / "home"))
    (home,) = of(found, "home")
    assert (code, home["level"]) == (1, "fail")
    assert "PIERRE_HOME" in home["remedy"]


def test_wrong_settings_are_a_failure_and_no_traceback(findings):
    found, code = findings(PIERRE_LOG_LEVEL="loud")
    (settings,) = of(found, "settings")
    assert (code, settings["level"]) == (1, "fail")
    assert "PIERRE_LOG_LEVEL" in settings["detail"]


@pytest.mark.parametrize(
    ("mistyped", "nearest"),
    [
        ("PIERRE_FILE_DIR", "PIERRE_FILES_DIR"),
        ("PIERRE_LOGLEVEL", "PIERRE_LOG_LEVEL"),
        ("PIERRE_SYNTHETIC_SED", "PIERRE_SYNTHETIC_SEED"),
        ("PIERRE_DEFAULT_PROVIDERS", "PIERRE_DEFAULT_PROVIDER"),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest(findings, mistyped: str, nearest: str):
    found, code = findings(**{mistyped: "1"})
    (warning,) = of(found, "settings", "warn")
    assert code == 0
    assert warning["detail"].startswith(f"{mistyped} ")
    assert nearest in warning["remedy"]


def test_what_a_plug_in_declares_is_known(findings, tmp_path: Path):
    found, _ = findings(PIERRE_LOCKER_PIN="1", **strangers.install(tmp_path / "site", "locker"))
    assert not of(found, "settings", "warn")


def test_an_unknown_table_in_the_file_is_named_with_the_nearest(findings, tmp_path: Path):
    file = tmp_path / "pierre.toml"
    file.write_text("[providers.fils]\ndir = '/x'\n[providers.synthetic]\n", encoding="utf-8")
    found, _ = findings(PIERRE_CONFIG=str(file))
    (warning,) = of(found, "settings", "warn")
    assert warning["detail"].startswith("[providers.fils] ")
    assert "[providers.files]" in warning["remedy"]


def test_bad_files_are_listed_with_their_reasons(findings, tmp_path: Path):
    (tmp_path / "junk.fit").write_bytes(b"no recording at all")
    (tmp_path / "torn.gpx").write_text("<gpx version='1.1'><trk><trkseg>", encoding="utf-8")
    found, code = findings(PIERRE_FILES_DIR=str(tmp_path))
    told = {f["detail"].split(": ")[0]: f["detail"].split(": ", 1)[1] for f in
            of(found, "provider files", "warn")}  # fmt: skip
    assert code == 0
    assert set(told) == {"junk.fit", "torn.gpx"}
    assert "not a FIT" in told["junk.fit"]
    assert "breaks off" in told["torn.gpx"]


def test_a_folder_that_does_not_exist_is_a_failure(findings, tmp_path: Path):
    found, code = findings(PIERRE_FILES_DIR=str(tmp_path / "nowhere"))
    (files,) = of(found, "provider files")
    assert (code, files["level"]) == (1, "fail")
    assert "PIERRE_FILES_DIR" in files["detail"]


def test_a_setting_that_a_provider_refuses_is_a_failure_in_its_own_words(findings):
    found, code = findings(PIERRE_SYNTHETIC_TODAY="someday")
    (synthetic,) = of(found, "provider synthetic")
    assert (code, synthetic["level"]) == (1, "fail")
    assert synthetic["detail"].startswith("PIERRE_SYNTHETIC_TODAY")
    assert "ninstall" not in synthetic["remedy"]


def test_a_callback_port_in_use_is_a_warning(findings):
    with socket.socket() as holder:
        with suppress(OSError):  # where it cannot be had, somebody else holds it already
            holder.bind(("127.0.0.1", 8081))
            holder.listen()
        found, code = findings()
    (port,) = of(found, "port")
    assert (code, port["level"]) == (0, "warn")
    assert "8081" in port["detail"]


def test_a_plug_in_that_cannot_be_loaded_is_named_with_its_distribution(findings, tmp_path: Path):
    wreck = strangers.install(tmp_path / "site", "wreck", on_import="raise OSError('no keel')")
    found, code = findings(**wreck)
    (problem,) = of(found, "provider wreck")
    assert (code, problem["level"]) == (0, "warn")
    assert "strange-wreck" in problem["detail"]
    assert "no keel" in problem["detail"]


def test_for_a_person_the_marks_and_remedies_are_there(pierre):
    done = pierre("doctor", PIERRE_LOGLEVEL="info")
    assert done.code == 0
    assert "warn settings: PIERRE_LOGLEVEL means nothing here.\n" in done.out
    assert "Did you mean PIERRE_LOG_LEVEL?" in done.out


def test_the_value_of_a_secret_is_not_told(pierre):
    canary = "hunter2-and-more"
    told = pierre("doctor", PIERRE_ACME_CLIENT_SECRET=canary, PIERRE_SYNTHETIC_API_KEY=canary)
    assert "PIERRE_ACME_CLIENT_SECRET" in told.out
    assert canary not in told.out + told.err
