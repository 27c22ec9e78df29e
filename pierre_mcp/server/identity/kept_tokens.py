"""The API tokens of the store, which is opened when the first of them is asked for."""

from dataclasses import dataclass
from datetime import datetime

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ApiToken


@dataclass(frozen=True, slots=True)
class KeptTokens:
    """Satisfies ``ApiTokenStore``."""

    composition: Composition

    async def add_api_token(self, token: ApiToken, token_hash: str, /) -> None:
        """Keep a new one."""
        await (await self.composition.store()).add_api_token(token, token_hash)

    async def api_token(self, token_hash: str, /) -> ApiToken | None:
        """The one with that hash."""
        return await (await self.composition.store()).api_token(token_hash)

    async def api_tokens(self) -> tuple[ApiToken, ...]:
        """All of them."""
        return await (await self.composition.store()).api_tokens()

    async def revoke_api_token(self, token_id: str, now: datetime, /) -> bool:
        """End one."""
        return await (await self.composition.store()).revoke_api_token(token_id, now)
