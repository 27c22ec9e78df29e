"""What makes a connection live on: a refresh by OAuth, or a pasted key that is exchanged anew.

Pure: the choice between the two, by the descriptor, for whoever keeps or reports on tokens.
"""

from datetime import datetime
from typing import Any

from pierre_mcp.connections import key_exchange, oauth
from pierre_mcp.connections.oauth import Granted, Refusal, Request
from pierre_mcp.connections.records import Tokens
from pierre_mcp.spi import (
    Connection,
    KeyExchange,
    ProviderConfig,
    ProviderDescriptor,
    RefreshStyle,
)


def exchange_of(descriptor: ProviderDescriptor) -> KeyExchange | None:
    """How a pasted key is exchanged, where it is."""
    return descriptor.api_key.exchange if descriptor.api_key is not None else None


def is_renewable(descriptor: ProviderDescriptor, tokens: Tokens) -> bool:
    """Whether these tokens can be renewed without the person."""
    if exchange_of(descriptor) is not None:
        return tokens.refresh is not None
    style = descriptor.oauth_params.refresh
    return descriptor.connection is Connection.OAUTH2 and (
        style is RefreshStyle.EXTENDS
        or (style is RefreshStyle.RENEWS and tokens.refresh is not None)
    )


def renewal(descriptor: ProviderDescriptor, config: ProviderConfig, tokens: Tokens) -> Request:
    """The request that makes the connection live on."""
    exchanged = exchange_of(descriptor)
    if exchanged is not None:
        return key_exchange.exchange(exchanged, config, tokens.refresh or "")
    return oauth.refresh(descriptor, config, tokens)


def read_renewal(
    descriptor: ProviderDescriptor, answer: tuple[int, Any], before: Tokens, now: datetime
) -> Granted | Refusal:
    """What the answer to it means."""
    exchanged = exchange_of(descriptor)
    if exchanged is not None:
        return key_exchange.read_exchange(answer, exchanged, before.refresh or "", now)
    failure = oauth.failure_in_success(descriptor, answer)
    return oauth.read_grant(answer, descriptor.oauth_params, now, before, failure)
