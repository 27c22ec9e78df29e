"""What the operator configured as their own is served to the local person and to no one else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lakeside import NOW, Lake, LakesideFactory
from many_people import TokensInMemory, served

from pierre_mcp.composition import Composition
from pierre_mcp.errors import NotShared
from pierre_mcp.personal import config_for
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    ApiAuth,
    ApiKey,
    Connection,
    HostedLink,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ProviderSetting,
    Verification,
)

ADA, BOB = Principal("lake", "ada"), Principal("lake", "bob")

PLAIN = ProviderDescriptor(
    name="harbour",
    display_name="Harbour",
    capabilities=ProviderCapabilities.ACTIVITIES,
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
)
BY_FOLDER = replace(
    PLAIN, settings=(ProviderSetting(name="dir", description="d", required=True, personal=True),)
)
BY_OPTION = replace(
    PLAIN, settings=(ProviderSetting(name="diary", description="d", personal=True),)
)
BY_APP = replace(PLAIN, settings=(ProviderSetting(name="dev_id", description="d", required=True),))
BY_KEY = replace(
    PLAIN,
    connection=Connection.API_KEY,
    api_key=ApiKey(where="In its settings."),
    api_base_url="https://harbour.example",
)
BY_LINK = replace(
    PLAIN,
    connection=Connection.HOSTED_LINK,
    hosted_link=HostedLink(
        path="/link",
        reference_field="reference",
        return_fields=("back",),
        link_field="url",
        account_parameter="user",
        check_path="/user",
        check_parameter="user",
        check_reference=("reference",),
    ),
    api_auth=ApiAuth(app_headers={"x-api-key": "api_key"}),
    api_base_url="https://harbour.example",
)


def config(**values: Any) -> ProviderConfig:
    return ProviderConfig(name="harbour", **values)


@pytest.mark.parametrize(
    ("descriptor", "given"),
    [
        (BY_FOLDER, config(options={"dir": "/home/op"})),
        (BY_FOLDER, config()),
        (BY_OPTION, config(options={"diary": "/home/op"})),
        (PLAIN, config(api_key="operator's")),
    ],
    ids=["folder", "folder not set", "option set", "key without connecting"],
)
def test_the_operators_data_is_shared_with_nobody(
    descriptor: ProviderDescriptor, given: ProviderConfig
):
    with pytest.raises(NotShared) as refused:
        config_for(ADA, descriptor, given)
    assert refused.value.provider == "harbour"
    assert "/home/op" not in refused.value.message
    assert config_for(LOCAL, descriptor, given) is given


@pytest.mark.parametrize(
    ("descriptor", "given"),
    [
        (PLAIN, config()),
        (BY_OPTION, config()),
        (BY_APP, config(options={"dev_id": "7"})),
        (BY_LINK, config(api_key="application's")),
    ],
    ids=["plain", "option not set", "application's setting", "application's key"],
)
def test_what_is_nobodys_own_is_for_everyone(descriptor: ProviderDescriptor, given: ProviderConfig):
    assert config_for(ADA, descriptor, given) == given


def test_the_operators_key_is_not_another_persons():
    given = config(api_key="operator's")
    assert config_for(ADA, BY_KEY, given).api_key is None
    assert config_for(LOCAL, BY_KEY, given).api_key == "operator's"


def test_each_person_has_a_folder_of_their_own():
    folders = {
        config_for(person, PLAIN, config(data_dir="/data/harbour")).data_dir
        for person in (LOCAL, ADA, BOB, Principal("lake", "../../ada"))
    }
    assert len(folders) == 4
    assert all(folder is not None and ".." not in folder for folder in folders)


@pytest.fixture
def composition(tmp_path: Any, lake: Lake) -> Composition:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    configuration = load_settings(
        {
            "PIERRE_DEFAULT_PROVIDER": "lakeside",
            "PIERRE_HOME": str(tmp_path),
            "PIERRE_FILES_DIR": str(recordings),
            "PIERRE_PUBLIC_URL": "https://pierre.example.org",
        }
    )
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", LakesideFactory(lake))
    return Composition(configuration, registry=registry, clock=lambda: NOW)


async def test_over_http_the_operators_folder_is_unavailable_and_says_why(
    composition: Composition, tmp_path: Any
):
    tokens = TokensInMemory()
    async with served(composition, api_tokens=tokens) as server:
        token = await tokens.make("lake", "ada", NOW)
        status = (await server.call(token, "get_connection_status"))["result"]["providers"]
        assert status["files"]["connected"] is False
        assert status["files"]["status"] == "unavailable"
        assert status["lakeside"]["connected"] is True
        listed = (await server.call(token, "list_providers"))["result"]["providers"]
        assert [p["available"] for p in listed if p["name"] == "files"] == [False]
        synthetic = await server.call(token, "get_athlete", provider="synthetic")
        assert "files" not in synthetic["meta"]["connected_real_providers"]
        said = [status, listed, synthetic]
        for tool in ("get_activities", "get_stats", "get_personal_records", "connect_provider"):
            refused = await server.call(token, tool, provider="files")
            assert refused["error"]["type"] == "not_shared", tool
            said.append(refused)
        refused = await server.call(token, "get_activity", provider="files", activity_id="1")
        assert refused["error"]["type"] == "not_shared"
        health = await server.call(token, "get_provider_health", provider="files")
        assert health["result"]["providers"]["files"]["is_healthy"] is False
        assert str(tmp_path) not in repr([*said, refused, health])
        fallen_back = await server.call(token, "get_activities", provider="files,lakeside")
        assert fallen_back["meta"]["providers"] == ["lakeside"]


async def test_the_local_person_is_served_their_folder(composition: Composition):
    async with composition:
        assert composition.personal.config("files", LOCAL).options["dir"]
        async with composition.provider("files", LOCAL) as provider:
            assert provider.descriptor.name == "files"
        with pytest.raises(NotShared):
            async with composition.provider("files", ADA):
                pass
