"""deploy/compose.yaml and its proxy, as far as reading tells where there is no engine."""

import re
from typing import Any

import pytest
import yaml
from markdown_pages import ROOT, read, settings_told

from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings

REPLICAS = ("pierre-1", "pierre-2")
KEYS = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck",
    "image", "mem_limit", "networks", "ports", "read_only", "restart", "secrets", "security_opt",
    "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip
"""The keys of a service that we use; each is one of the compose specification's."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(read("deploy/compose.yaml"))
    return told


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(compose["services"])


def test_it_has_two_replicas_that_differ_in_nothing(services: dict[str, dict[str, Any]]):
    first, second = (services[name] for name in REPLICAS)
    assert first == second
    assert set(services) == {*REPLICAS, "database", "redis", "proxy"}


def test_every_key_is_one_that_we_know(services: dict[str, dict[str, Any]]):
    for service in services.values():
        assert set(service) <= KEYS


def test_every_setting_it_gives_is_one_of_ours(services: dict[str, dict[str, Any]]):
    known = set(settings_told()) | {
        f"PIERRE_{name.upper()}_{key}"
        for name in ProviderRegistry(load_settings({})).supported_providers()
        for key in ("CLIENT_ID", "CLIENT_SECRET")
    }
    for name in REPLICAS:
        given = set(services[name]["environment"])
        given |= set(re.findall(r"\b(PIERRE_[A-Z_]+)=", " ".join(services[name]["command"])))
        assert given <= known
        assert {"PIERRE_MASTER_KEY", "PIERRE_DATABASE_URL", "REDIS_URL"} <= given


def test_every_service_has_a_health_check_a_limit_and_comes_back(
    services: dict[str, dict[str, Any]],
):
    for service in services.values():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["mem_limit"]
        assert service["restart"] == "unless-stopped"


def test_nothing_has_rights_that_it_does_not_need(services: dict[str, dict[str, Any]]):
    for name, service in services.items():
        if name == "database":
            continue  # its image changes its user at the start
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_only_the_proxy_can_be_reached_from_outside(compose: dict[str, Any]):
    published = {name for name, one in compose["services"].items() if "ports" in one}
    assert published == {"proxy"}
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("database", "redis"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_every_image_has_a_version(services: dict[str, dict[str, Any]]):
    for service in services.values():
        assert re.search(r":\d+(\.\d+)*(-[a-z]+)?$", service["image"])


def test_no_secret_stands_in_it(compose: dict[str, Any]):
    used = {
        secret for service in compose["services"].values() for secret in service.get("secrets", ())
    }
    assert used == set(compose["secrets"])
    assert all(one["file"].startswith("./secrets/") for one in compose["secrets"].values())
    assert "deploy/secrets/" in read(".gitignore")


def test_a_replica_serves_by_the_command_of_its_image(services: dict[str, dict[str, Any]]):
    (command,) = services["pierre-1"]["command"]
    assert "exec pierre-mcp serve --transport streamable-http --host 0.0.0.0 --port 8081" in command
    assert "8081/healthz" in " ".join(services["pierre-1"]["healthcheck"]["test"])
    assert "/opt/pierre/bin/python" in services["pierre-1"]["healthcheck"]["test"]
    assert "/opt/pierre" in read("Dockerfile")


def test_the_proxy_knows_both_replicas_and_hides_the_metrics():
    proxy = read("deploy/nginx.conf")
    for name in REPLICAS:
        assert f"server {name}:8081" in proxy
    assert re.search(r"location = /metrics \{\s+return 404;", proxy)
    assert "proxy_buffering off;" in proxy


def test_the_page_shows_the_heart_of_the_proxy_as_it_is():
    shown = re.findall(r"```nginx\n(.*?)```", read("docs/operating.md"), re.DOTALL)
    lines = {line.strip() for line in read("deploy/nginx.conf").splitlines()}
    for block in shown:
        assert {line.strip() for line in block.splitlines()} <= lines
    assert ROOT.joinpath("deploy/nginx.conf").is_file()
