"""What a provider keeps of a person in a folder of its own goes with the connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from harbour import Harbour, HarbourFactory, HarbourProvider, harbour

from pierre_mcp import folders
from pierre_mcp.composition import Composition
from pierre_mcp.errors import StoreError
from pierre_mcp.principal import LOCAL, Principal

ADA, BOB = Principal("club", "ada"), Principal("club", "bob")


class Keeping(HarbourProvider):
    """Keeps something in its folder, and asks its API while it lets go."""

    async def disconnect(self) -> None:
        await self.factory.letting_go(self)


class KeepingFactory(HarbourFactory):
    async def letting_go(self, provider: Keeping) -> None:
        assert (await provider.get_athlete()).name.startswith("Rower")
        self.let_go = True

    def create(self, config, context):
        folder = Path(config.data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "derived").write_text("x", encoding="utf-8")
        provider = Keeping(self.descriptor, config, context)
        provider.factory = self
        return provider


@asynccontextmanager
async def connected(home: Path) -> AsyncIterator[tuple[Harbour, Composition]]:
    """Ada and Bob have connected, and something is kept of both."""
    async with harbour() as at:
        at.factory = KeepingFactory()
        async with at.composition(home) as composition:
            for person in (ADA, BOB):
                await at.connect(composition, person)
                async with composition.provider("harbour", person):
                    pass
            yield at, composition


def kept(home: Path) -> int:
    return sum(1 for _ in home.glob("providers/*/people/*/derived"))


async def test_a_provider_lets_go_while_it_is_still_connected_and_its_folder_goes(tmp_path: Path):
    async with connected(tmp_path) as (at, composition):
        assert kept(tmp_path) == 2
        await composition.disconnect("harbour", ADA)
        assert at.factory.let_go
        assert kept(tmp_path) == 1
        assert [grant.revoked for grant in at.oauth.grants] == [True, False]
        async with composition.provider("harbour", BOB) as provider:
            assert provider.config.data_dir == folders.own_folder(
                str(tmp_path / "providers" / "harbour"), BOB
            )


async def test_a_provider_that_fails_to_let_go_keeps_nothing_from_ending(tmp_path: Path):
    async with connected(tmp_path) as (at, composition):

        async def fails(_: Keeping) -> None:
            raise RuntimeError("a stranger's mistake")

        at.factory.letting_go = fails
        done = await composition.disconnect("harbour", ADA)
        assert done.removed
        assert kept(tmp_path) == 1


async def test_a_folder_that_cannot_be_removed_is_said_once_the_rest_is_gone(
    tmp_path: Path, monkeypatch
):
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    async with connected(tmp_path) as (at, composition):
        monkeypatch.setattr(folders.shutil, "rmtree", refuse)
        with pytest.raises(StoreError, match="could not be removed: Permission denied") as raised:
            await composition.disconnect("harbour", ADA)
        assert str(tmp_path) not in raised.value.message
        assert at.oauth.grants[0].revoked
        monkeypatch.undo()
        await composition.disconnect("harbour", ADA)
        assert kept(tmp_path) == 1


def test_forgetting_the_local_person_takes_what_nobody_had_to_connect_and_nobody_elses(
    tmp_path: Path,
):
    index = tmp_path / "providers" / "files" / "index.sqlite3"
    mine, adas = (
        Path(folders.own_folder(str(tmp_path / "providers" / "harbour"), person), "derived")
        for person in (LOCAL, ADA)
    )
    for path in (index, mine, adas):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    folders.remove_own(tmp_path, LOCAL)
    assert [path.exists() for path in (index, mine, adas)] == [False, False, True]
    folders.remove_own(tmp_path, ADA)
    assert not adas.exists()


def test_where_nothing_was_ever_kept_there_is_nothing_to_remove(tmp_path: Path):
    folders.remove_own(tmp_path, LOCAL)
    folders.remove_own(tmp_path, ADA, "harbour")
    assert list(tmp_path.iterdir()) == []
