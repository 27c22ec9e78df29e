"""Where keys come from, who may read them, and that processes which start at once share one."""

import os
import stat
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from databases import ADA, sqlite_settings

from pierre_mcp.connections.key import Key
from pierre_mcp.connections.keyfile import KeyFile
from pierre_mcp.connections.keys import load_keys
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.errors import ConfigurationError, SealBroken
from pierre_mcp.settings import Settings

FIRST, SECOND = (Key.of(bytes([200 + n]) * 32) for n in (1, 2))
ONE, TWO = (b64encode(key.secret).decode() for key in (FIRST, SECOND))
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def settings_with(home: Path, **more) -> Settings:
    return Settings(home=home, **more)


def write(home: Path, text: str, mode: int = 0o600) -> None:
    home.mkdir(exist_ok=True)
    (home / "master.key").write_text(text)
    (home / "master.key").chmod(mode)


# The variable


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE},{TWO}",
        f" {ONE} , {TWO}\n",
        f"{ONE},{TWO},{ONE}",
        f"{ONE.rstrip('=')},{urlsafe_b64encode(SECOND.secret).decode()}",
    ],
)
def test_the_first_key_of_the_variable_seals_and_all_open(home, text):
    ring = load_keys(settings_with(home, master_key=text))
    assert ring.current() == FIRST
    assert ring.find(SECOND.id) == SECOND
    assert not home.exists(), "no key file is made beside the variable"


@pytest.mark.parametrize(
    ("text", "number"),
    [("canary", 1), (f"{ONE},", 2), (f"{ONE},canary", 2), (ONE[4:], 1), (f"{ONE}{ONE}", 1)],
)
def test_a_malformed_variable_is_named_with_the_key_at_fault_and_not_quoted(home, text, number):
    with pytest.raises(ConfigurationError, match=f"^PIERRE_MASTER_KEY: key {number} ") as caught:
        load_keys(settings_with(home, master_key=text))
    assert "canary" not in caught.value.message
    assert ONE[:8] not in caught.value.message


def test_postgresql_without_the_variable_is_refused(home):
    settings = settings_with(home, database_url="postgresql+asyncpg://localhost/pierre")
    with pytest.raises(ConfigurationError, match="PIERRE_MASTER_KEY: required"):
        load_keys(settings)
    assert not home.exists()


# The file


def test_a_key_file_is_made_once_and_found_again(home):
    made = load_keys(settings_with(home)).current()
    assert load_keys(settings_with(home)).current() == made
    assert len(made.secret) == 32


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_key_file_is_made_for_its_owner_alone_whatever_the_umask(home, umask):
    before = os.umask(umask)
    try:
        load_keys(settings_with(home))
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) & 0o077 == 0
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()}
    assert modes == {"master.key": 0o600, "master.key.lock": 0o600}


def test_all_who_start_at_once_end_with_one_key(home):
    start = Barrier(16)

    def one(_number: int) -> Key:
        start.wait()
        return load_keys(settings_with(home)).current()

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(one, range(16)))) == 1


def test_whoever_was_first_while_we_waited_to_make_a_key_has_made_it(home, monkeypatch):
    changing = KeyFile.changing

    @contextmanager
    def wait_long(file: KeyFile) -> Iterator[None]:
        with changing(file):
            write(home, ONE)
            yield

    monkeypatch.setattr(KeyFile, "changing", wait_long)
    assert load_keys(settings_with(home)).current() == FIRST


def test_two_homes_have_two_keys(tmp_path):
    keys = {load_keys(settings_with(tmp_path / name)).current() for name in "ab"}
    assert len(keys) == 2


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused_with_what_to_do(home, mode):
    write(home, ONE, mode)
    with pytest.raises(ConfigurationError, match="chmod 600") as caught:
        load_keys(settings_with(home))
    assert str(home) not in caught.value.message


@pytest.mark.parametrize(
    "text", ["", "\n", "# a comment\n", "canary", f"{ONE}\ncanary", "\xff\xfe"]
)
def test_a_damaged_key_file_is_refused_and_left_as_it_is(home, text):
    write(home, text)
    before = (home / "master.key").read_bytes()
    with pytest.raises(ConfigurationError, match="damaged") as caught:
        load_keys(settings_with(home))
    assert (home / "master.key").read_bytes() == before
    assert "canary" not in caught.value.message


def test_a_home_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"master\.key cannot be"):
        load_keys(settings_with(tmp_path / "home"))


def test_a_new_key_left_behind_by_a_kill_is_cleared_away(home):
    write(home, ONE)
    (home / "master.key.new").write_text("half a k")
    KeyFile(home).write([SECOND, FIRST], rotating=False)
    assert not (home / "master.key.new").exists()
    assert KeyFile(home).read().keys == (SECOND, FIRST)


# A file that changes under a running server


def test_a_ring_seals_with_the_new_key_once_there_is_one(home):
    write(home, ONE)
    ring = load_keys(settings_with(home))
    KeyFile(home).write([SECOND, FIRST], rotating=True)
    assert ring.current() == SECOND
    assert ring.find(FIRST.id) == FIRST


def test_a_ring_finds_a_key_that_was_added_since(home):
    write(home, ONE)
    ring = load_keys(settings_with(home))
    KeyFile(home).write([FIRST, SECOND], rotating=False)
    assert ring.find(SECOND.id) == SECOND


def test_a_ring_keeps_what_it_read_when_a_key_is_dropped(home):
    write(home, ONE)
    ring = load_keys(settings_with(home))
    KeyFile(home).write([SECOND], rotating=False)
    assert ring.current() == SECOND
    assert ring.find(FIRST.id) == FIRST


@pytest.mark.parametrize("harm", ["removed", "damaged"])
def test_a_running_server_goes_on_with_its_keys_and_makes_no_new_one(home, harm):
    write(home, ONE)
    ring = load_keys(settings_with(home))
    if harm == "removed":
        (home / "master.key").unlink()
    else:
        write(home, "damaged")
    assert ring.current() == FIRST
    assert ring.find("unknown") is None
    assert (home / "master.key").exists() == (harm == "damaged")


def test_what_a_lost_key_sealed_is_told_with_what_to_do(tmp_path):
    kept = sqlite_settings(tmp_path)
    sealed = Sealer(load_keys(kept)).seal("text", principal=ADA, provider="lakeside", field="f")
    (kept.home / "master.key").unlink()
    with pytest.raises(SealBroken, match="Restore the key, or connect again"):
        Sealer(load_keys(kept)).open(sealed, principal=ADA, provider="lakeside", field="f")
