"""Settings by the names the design fixes, from the environment first and pierre.toml second."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.settings import (
    default_provider,
    load_provider_env_config,
    load_settings,
    missing_settings,
)
from pierre_mcp.spi import (
    Connection,
    OAuthEndpoints,
    ProviderCapabilities,
    ProviderDescriptor,
    ProviderSetting,
    RevokeStyle,
    Verification,
)

PUNT = ProviderDescriptor(
    name="my-punt",
    display_name="Punt",
    capabilities=ProviderCapabilities.activity_only(),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://a.test/auth", token_url="https://a.test/token"
    ),
    api_base_url="https://a.test/api",
    default_scopes=("read", "write"),
    verified=Verification(against="specification", date=date(2026, 1, 1)),
    settings=(ProviderSetting(name="dev_id", description="the number of your app", required=True),),
)
VARIABLES = [
    "client_id",
    "client_secret",
    "auth_url",
    "token_url",
    "api_base_url",
    "revoke_url",
    "redirect_uri",
    "api_key",
]


def values(key: str) -> tuple[str, str]:
    """Two values that the variable may have."""
    if key == "redirect_uri":
        callback = "/api/oauth/callback/my-punt"
        return f"https://1.test{callback}", f"https://2.test/below{callback}"
    return ("https://1.test/", "https://2.test/") if key.endswith("_url") else ("first", "second")


@pytest.mark.parametrize("key", VARIABLES)
def test_the_prefixed_variable_wins_over_the_bare_one(key: str):
    name = f"MY_PUNT_{key.upper()}"
    first, second = values(key)
    config = load_provider_env_config(PUNT, {f"PIERRE_{name}": first, name: second})
    assert getattr(config, key) == first


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize("key", VARIABLES)
def test_an_empty_variable_counts_as_unset(key: str, empty: str):
    name = f"MY_PUNT_{key.upper()}"
    value, _ = values(key)
    config = load_provider_env_config(PUNT, {f"PIERRE_{name}": empty, name: value})
    assert getattr(config, key) == value


def test_what_nobody_sets_comes_from_the_descriptor():
    config = load_provider_env_config(PUNT, {})
    assert (config.auth_url, config.token_url, config.api_base_url, config.scopes) == (
        "https://a.test/auth",
        "https://a.test/token",
        "https://a.test/api",
        ("read", "write"),
    )
    assert config.redirect_uri == "http://localhost:8081/api/oauth/callback/my-punt"


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.test/",
        "http://localhost:8081/callback",
        "http://localhost:8081/api/oauth/callback/my-punt/",
        "https://a.test/api/oauth/callback/another",
        "https://a.test/?x=/api/oauth/callback/my-punt",
    ],
)
def test_a_redirect_uri_at_which_nobody_would_answer_is_refused(uri: str):
    with pytest.raises(ConfigurationError, match="PIERRE_MY_PUNT_REDIRECT_URI"):
        load_provider_env_config(PUNT, {"MY_PUNT_REDIRECT_URI": uri})


@pytest.mark.parametrize("text", ["a,b", "a b", " a ,  b, ", "a,\tb"])
def test_scopes_are_split_on_commas_and_spaces(text: str):
    assert load_provider_env_config(PUNT, {"PIERRE_MY_PUNT_SCOPES": text}).scopes == ("a", "b")


def test_a_setting_that_a_provider_declares_is_read_and_missed():
    app = {"PIERRE_MY_PUNT_CLIENT_ID": "a", "PIERRE_MY_PUNT_CLIENT_SECRET": "b"}
    unset = load_provider_env_config(PUNT, app)
    given = load_provider_env_config(PUNT, {**app, "PIERRE_MY_PUNT_DEV_ID": "7"})
    assert missing_settings(PUNT, unset) == ("PIERRE_MY_PUNT_DEV_ID (the number of your app)",)
    assert missing_settings(PUNT, given) == ()
    assert given.options["dev_id"] == "7"


def test_missing_credentials_are_named_with_where_to_get_them():
    told = missing_settings(
        replace(PUNT, settings=(), credentials_help="made at a.test/apps"),
        load_provider_env_config(PUNT, {}),
    )
    assert told == (
        "PIERRE_MY_PUNT_CLIENT_ID and PIERRE_MY_PUNT_CLIENT_SECRET (made at a.test/apps)",
    )


@pytest.mark.parametrize("key", [key for key in VARIABLES if key.endswith("_url")])
@pytest.mark.parametrize("url", ["http://a.test/x", "ftp://a.test", "a.test/x", "https://", "x"])
def test_an_address_that_is_not_encrypted_is_refused(key: str, url: str):
    with pytest.raises(ConfigurationError, match=f"PIERRE_MY_PUNT_{key.upper()}"):
        load_provider_env_config(PUNT, {f"MY_PUNT_{key.upper()}": url})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_an_address_on_this_machine_need_not_be_encrypted(host: str):
    url = f"http://{host}:9000/api"
    assert load_provider_env_config(PUNT, {"MY_PUNT_API_BASE_URL": url}).api_base_url == url


def test_how_a_provider_is_told_of_the_end_can_be_set_and_is_checked():
    config = load_provider_env_config(PUNT, {"PIERRE_MY_PUNT_REVOKE_STYLE": "delete"})
    assert config.revoke_style is RevokeStyle.DELETE
    with pytest.raises(ConfigurationError, match="PIERRE_MY_PUNT_REVOKE_STYLE: must be one of"):
        load_provider_env_config(PUNT, {"PIERRE_MY_PUNT_REVOKE_STYLE": "shout"})


def test_redis_is_named_by_the_variable_that_others_use():
    assert load_settings({"REDIS_URL": "redis://x"}).settings.redis_url == "redis://x"


def test_the_environment_wins_over_the_file(tmp_path: Path):
    file = tmp_path / "pierre.toml"
    file.write_text(
        'default_provider = "x"\n[providers.my-punt]\nclient_id = "file"\nscopes = "r"\n'
    )
    configuration = load_settings({"PIERRE_CONFIG": str(file), "PIERRE_MY_PUNT_SCOPES": "s"})
    assert configuration.settings.default_provider == "x"
    config = configuration.provider_config(PUNT)
    assert (config.client_id, config.scopes) == ("file", ("s",))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "synthetic"),
        ({"PIERRE_DEFAULT_PROVIDER": ""}, "synthetic"),
        ({"PIERRE_DEFAULT_PROVIDER": "files"}, "files"),
        ({"PIERRE_PROVIDERS": "files,other"}, "files"),
        ({"PIERRE_PROVIDERS": "files,synthetic"}, "synthetic"),
    ],
)
def test_the_default_provider(environ: dict[str, str], expected: str):
    assert default_provider(load_settings(environ).settings) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("default_provder = 'x'", "unknown key 'default_provder'"),
        ("default_provider = 'x", "pierre.toml"),
        ("log_level = 'loud'", "PIERRE_LOG_LEVEL"),
        ("[providers]\nfiles = 3", r"\[providers.files\] must be a table"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_at_fault(tmp_path: Path, text: str, told: str):
    file = tmp_path / "pierre.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        load_settings({"PIERRE_CONFIG": str(file)})


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="PIERRE_CONFIG: cannot read"):
        load_settings({"PIERRE_CONFIG": str(tmp_path / "none.toml")})


def test_secrets_stay_out_of_every_repr():
    secret = ("MY_PUNT_CLIENT_SECRET", "MASTER_KEY", "DATABASE_URL")
    environ = {f"PIERRE_{name}": "canary" for name in secret}
    configuration = load_settings({**environ, "X": "canary", "REDIS_URL": "redis://:canary@x"})
    config = configuration.provider_config(PUNT)
    assert config.client_secret is not None
    assert "canary" not in repr(configuration) + repr(config)
