"""The operator's own key where the API takes a token in its place."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from connected import NOW, config_of

from pierre_mcp.connections.own_keys import OwnKey
from pierre_mcp.errors import AuthenticationFailed, ProviderServerError
from pierre_mcp.spi import KeyExchange
from pierre_mcp.testing import FakeClock


class Exchange:
    """The provider's end: a new token each time, or ``answer``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: tuple[int, Any] | None = None

    async def __call__(self, *_: Any, headers: dict[str, str], body: str | None = None) -> Any:
        assert body is None
        self.asked.append(headers["Authorization"])
        number = len(self.asked)
        await anyio.lowlevel.checkpoint()
        return self.answer or (200, f"token-{number}")


def own_key(send: Callable[..., Any], clock: FakeClock) -> OwnKey:
    return OwnKey(
        config=config_of(),
        exchanged=KeyExchange(path="/keys/token", scheme="Key", token_life_seconds=1000),
        key="mine",
        send=send,
        clock=clock,
    )


async def test_many_askers_cost_one_exchange_and_the_next_one_comes_before_the_end():
    exchange, clock = Exchange(), FakeClock(NOW)
    key, got = own_key(exchange, clock), []

    async def ask() -> None:
        got.append(await key.token())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert got == ["token-1"] * 20
    assert exchange.asked == ["Key mine"]
    clock.advance(seconds=899)
    assert await key.token() == "token-1"
    clock.advance(seconds=1)
    assert await key.token() == "token-2"


async def test_a_token_that_the_api_refuses_is_exchanged_once_for_all_who_were_refused():
    exchange = Exchange()
    key = own_key(exchange, FakeClock(NOW))
    first = await key.token()
    assert await key.renewed(first) == "token-2"
    assert await key.renewed(first) == "token-2"
    assert len(exchange.asked) == 2


@pytest.mark.parametrize(
    ("answer", "kind"), [((401, {}), AuthenticationFailed), ((503, None), ProviderServerError)]
)
async def test_a_failed_exchange_says_whether_the_key_is_at_fault(answer, kind):
    exchange = Exchange()
    exchange.answer = answer
    with pytest.raises(kind):
        await own_key(exchange, FakeClock(NOW)).token()


async def test_a_failed_exchange_answers_for_those_who_ask_right_after_it():
    exchange, clock = Exchange(), FakeClock(NOW)
    exchange.answer = (503, None)
    key, failed = own_key(exchange, clock), []

    async def ask() -> None:
        with pytest.raises(ProviderServerError) as raised:
            await key.token()
        failed.append(raised.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert (len(failed), len(exchange.asked)) == (20, 1)
    exchange.answer = None
    clock.advance(seconds=10)
    assert await key.token() == "token-2"


async def test_its_repr_holds_no_secret():
    key = own_key(Exchange(), FakeClock(NOW))
    await key.token()
    assert "mine" not in repr(key)
    assert "token-1" not in repr(key)
