"""A provider's own page to connect on: the requests for it, prepared from the descriptor.

Pure, as ``oauth`` is. What comes back through a person's browser is no proof of whose account it
is; the answer to ``check`` is.
"""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin

from pierre_mcp.connections.oauth import Request
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.errors import NotConfigured
from pierre_mcp.settings import is_safe_address
from pierre_mcp.spi import HostedLink, ProviderConfig, ProviderDescriptor

_OK = range(200, 300)


def link_request(
    descriptor: ProviderDescriptor,
    link: HostedLink,
    config: ProviderConfig,
    pending: PendingAuthorization,
) -> Request:
    """Ask for a page for this person."""
    body: dict[str, Any] = {**link.body, link.reference_field: pending.state}
    separator = "&" if "?" in pending.redirect_uri else "?"
    back = f"{pending.redirect_uri}{separator}{link.reference_field}={pending.state}"
    body |= dict.fromkeys(link.return_fields, back)
    request = _request("POST", descriptor, config, link.path)
    headers = {**request.headers, "Content-Type": "application/json"}
    return replace(request, headers=headers, body=json.dumps(body))


def read_link(answer: tuple[int, Any], link: HostedLink) -> str | None:
    """The page's address, or ``None`` where the provider gave none."""
    status, told = answer
    url = told.get(link.link_field) if status in _OK and isinstance(told, dict) else None
    return url if isinstance(url, str) and is_safe_address(url) else None


def check_request(
    descriptor: ProviderDescriptor, link: HostedLink, config: ProviderConfig, account: str
) -> Request:
    """Ask for whom the account was connected."""
    path = f"{link.check_path}?{link.check_parameter}={quote(account, safe='')}"
    return _request("GET", descriptor, config, path)


def is_ours(answer: tuple[int, Any], link: HostedLink, state: str) -> bool:
    """Whether the provider says that the account was connected under our reference."""
    status, told = answer
    consented = not link.check_consent or _found(told, link.check_consent) is True
    return status in _OK and _found(told, link.check_reference) == state and consented


def _found(told: Any, path: tuple[str, ...]) -> Any:
    """What stands at the end of a path; a list of one is that one."""
    for step in path:
        if isinstance(told, list):
            told = told[0] if len(told) == 1 else None
        told = told.get(step) if isinstance(told, dict) else None
    return told


def revocation(
    descriptor: ProviderDescriptor, link: HostedLink, config: ProviderConfig, account: str | None
) -> Request | None:
    """End the account's connection there, where there is a way."""
    if link.revoke_path is None or account is None:
        return None
    path = f"{link.revoke_path}?{link.check_parameter}={quote(account, safe='')}"
    return _request("DELETE", descriptor, config, path)


def _request(
    method: str, descriptor: ProviderDescriptor, config: ProviderConfig, path: str
) -> Request:
    headers = {"Accept": "application/json"}
    for header, setting in descriptor.api_auth.app_headers.items():
        value = config.options.get(setting)
        if not value:
            raise NotConfigured(
                descriptor.name,
                f"Provider '{descriptor.name}' lacks the setting {setting.upper()}.",
            )
        headers[header] = value
    url = urljoin(f"{config.api_base_url}/", path.lstrip("/"))
    return Request(method=method, url=url, headers=headers)
