"""Bringing a person to a provider: the link, shown the way the client can, and the news afterwards.

A client that can open links is asked to, on either era of the protocol. Any other client gets the
link in the answer. A refusal to open it is an answer too, and no failure.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

import anyio
import structlog
from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import is_version_at_least

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.server.accounts import terms_sentences
from pierre_mcp.server.asking import Asker
from pierre_mcp.server.doorway import Doorway
from pierre_mcp.server.envelope import Answer, success
from pierre_mcp.spi import Connection, ProviderDescriptor

ANSWER_SECONDS = 20.0
"""How long a client of the older era may take to show the link; then it is in the answer."""

_STATELESS_ERA = "2026-07-28"
_LINK = "link"

_log = structlog.get_logger(__name__)

Action = Literal["accept", "decline", "cancel"]


async def announce(ctx: Context[Composition]) -> None:
    """Tell clients that listen that what is connected has changed."""
    await ctx.notify_tools_changed()
    if not _is_stateless(ctx):
        await ctx.session.send_tool_list_changed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """One call of connect_provider for a provider that a person has to connect."""

    ctx: Context[Composition]
    asking: Asker
    descriptor: ProviderDescriptor
    doorway: Doorway

    async def make(self) -> CallToolResult | InputRequiredResult:
        """Begin the consent, or go on with the one that the client was asked to open."""
        if responses := self.ctx.input_responses:
            response = responses.get(_LINK)
            action: Action = response.action if isinstance(response, ElicitResult) else "cancel"
            return await self._opened(self.ctx.request_state or "", action)
        connections = await self.asking.composition.connections()
        pending = await connections.begin(
            self.asking.principal,
            self.descriptor,
            self.asking.composition.registry.get_config(self.descriptor.name),
            through_page=self.doorway.own_base is not None,
        )
        elicitation_id = secrets.token_urlsafe(16)
        try:
            link = await self.doorway.link(self.descriptor, pending)
            await self.doorway.expect(pending, lambda _: self._told(elicitation_id))
        except BaseException:
            # Nobody has the link, so nobody can answer; it must not stand as pending.
            with anyio.CancelScope(shield=True):
                await connections.withdraw(self.asking.principal, pending.state)
            raise
        if not self._opens_links():
            return self._answer(pending, link)
        if _is_stateless(self.ctx):
            params = ElicitRequestURLParams(message=self._question(), url=link)
            return InputRequiredResult(
                input_requests={_LINK: ElicitRequest(params=params)}, request_state=pending.state
            )
        action = await self._ask(link, elicitation_id)
        if action == "decline":
            return await self._declined(pending.state)
        return self._answer(pending, link)

    async def _ask(self, link: str, elicitation_id: str) -> Action:
        """Ask a client of the older era; one that cannot be asked gets the link in the answer."""
        with anyio.move_on_after(ANSWER_SECONDS):
            try:
                result = await self.ctx.elicit_url(self._question(), link, elicitation_id)
            except MCPError:
                return "cancel"
            return result.action
        return "cancel"

    async def _opened(self, state: str, action: Action) -> CallToolResult:
        """The client of the newer era has answered."""
        if action == "decline":
            return await self._declined(state)
        connections = await self.asking.composition.connections()
        pending = await connections.peek(state)
        if pending is not None and pending.principal == self.asking.principal:
            return self._answer(pending, await self.doorway.link(self.descriptor, pending))
        states = await connections.states(self.asking.principal, [self.descriptor])
        status = states[self.descriptor.name]
        return self._result(
            status.state.value,
            status.detail or f"{self.descriptor.display_name} is connected. Ask for its data now.",
        )

    async def _declined(self, state: str) -> CallToolResult:
        connections = await self.asking.composition.connections()
        await connections.withdraw(self.asking.principal, state)
        return self._result(
            "disconnected", "The person chose not to open the link. Nothing was connected."
        )

    async def _told(self, elicitation_id: str) -> None:
        await announce(self.ctx)
        if not _is_stateless(self.ctx) and self._opens_links():
            await self.ctx.session.send_elicit_complete(elicitation_id)

    def _opens_links(self) -> bool:
        capabilities = self.ctx.client_capabilities
        return bool(
            capabilities and capabilities.elicitation and capabilities.elicitation.url is not None
        )

    def _question(self) -> str:
        name = self.descriptor.display_name
        question = (
            f"Open this page to connect {name} with a key that you make there."
            if self.descriptor.connection is Connection.API_KEY
            else f"Open {name} in your browser to choose what your assistant may read."
        )
        return " ".join([question, *terms_sentences(self.descriptor)])

    def _answer(self, pending: PendingAuthorization, link: str) -> CallToolResult:
        name = self.descriptor.display_name
        life = pending.expires_at - self.asking.composition.clock()
        minutes = max(1, round(life.total_seconds() / 60))
        message = (
            f"Show the person this link and ask them to open it: {link} . It connects {name}, "
            f"works once and for {minutes} minutes. Afterwards look at get_connection_status."
        )
        if terms := terms_sentences(self.descriptor):
            message += f" Tell the person what its terms say: {' '.join(terms)}"
        return self._result(
            "pending_authorization",
            message,
            authorization_url=link,
            state=pending.state,
            expires_in_minutes=minutes,
        )

    def _result(self, status: str, message: str, **more: str | int) -> CallToolResult:
        result = {"provider": self.descriptor.name, "status": status, "message": message, **more}
        return success(
            Answer(
                result=result,
                text=message,
                providers=(self.descriptor.name,),
                fetched_at=self.asking.composition.clock(),
                cache="bypass",
            )
        )


def _is_stateless(ctx: Context[Composition]) -> bool:
    version = ctx.protocol_version
    return version is not None and is_version_at_least(version, _STATELESS_ERA)
