"""Providers of somebody else's that are installed for processes: by consent, by key, by a link."""

from dataclasses import dataclass, replace
from pathlib import Path

import strangers
from connected import HARBOUR
from harbour import Harbour, HarbourFactory

from pierre_mcp.spi import (
    ApiKey,
    Connection,
    HostedLink,
    ProviderCapabilities,
    ProviderDescriptor,
)

BOATHOUSE = replace(
    HARBOUR,
    name="boathouse",
    display_name="Boathouse",
    capabilities=ProviderCapabilities.ACTIVITIES,
    connection=Connection.API_KEY,
    oauth_endpoints=None,
    api_key=ApiKey(
        where="Make a key under Settings, Keys, and choose reading only.",
        url="https://boathouse.test/keys",
    ),
    default_scopes=(),
    scope_needs=(),
)
FERRY = replace(
    BOATHOUSE,
    name="ferry",
    display_name="Ferry",
    connection=Connection.HOSTED_LINK,
    api_key=None,
    hosted_link=HostedLink(
        path="/link",
        reference_field="ref",
        return_fields=("back",),
        link_field="url",
        account_parameter="passenger",
        check_path="/passenger",
        check_parameter="id",
        check_reference=("ref",),
    ),
)


@dataclass
class BoathouseFactory(HarbourFactory):
    descriptor: ProviderDescriptor = BOATHOUSE


@dataclass
class FerryFactory(HarbourFactory):
    descriptor: ProviderDescriptor = FERRY


def install(site: Path, port: Harbour) -> dict[str, str]:
    """Install the three for processes, with the provider's servers at ``port``; the environment."""
    entry_points = {
        "harbour": "harbour:HarbourFactory",
        "boathouse": "abroad:BoathouseFactory",
        "ferry": "abroad:FerryFactory",
    }
    home = f"http://localhost:{port.port}/api/oauth/callback"
    environ = strangers.installed(site, "abroad", entry_points, Path(__file__).parent)
    for name in entry_points:
        environ |= {
            f"PIERRE_{name.upper()}_API_BASE_URL": f"{port.api.url}/v3",
            f"PIERRE_{name.upper()}_REDIRECT_URI": f"{home}/{name}",
        }
    return environ | {
        "PIERRE_HARBOUR_CLIENT_ID": port.oauth.client_id,
        "PIERRE_HARBOUR_CLIENT_SECRET": port.oauth.client_secret,
        "PIERRE_HARBOUR_AUTH_URL": f"{port.api.url}/oauth/authorize",
        "PIERRE_HARBOUR_TOKEN_URL": f"{port.api.url}/oauth/token",
        "PIERRE_HARBOUR_REVOKE_URL": f"{port.api.url}/oauth/revoke",
    }
