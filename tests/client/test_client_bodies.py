import gzip
import json
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.bodies import MAX_BODY_BYTES, parse_any, parse_json
from pierre_mcp.client.messages import Outgoing
from pierre_mcp.errors import InvalidResponse, ProviderServerError
from pierre_mcp.testing import faults


def outgoing(server, **changes):
    values = {
        "provider": "harbour",
        "method": "GET",
        "url": f"{server.url}/v3/log",
        "label_path": "log",
        "headers": {},
    }
    return Outgoing(**(values | changes))


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64 + 1, 10**40, -(2**70)])
def test_an_integer_is_exact_however_long(number):
    assert parse_json("harbour", f'{{"id": {number}}}'.encode()) == {"id": number}


def test_a_number_with_a_fraction_is_read_as_it_stands():
    assert parse_json("harbour", b"[1.5, -0.25, 6e2]") == [1.5, -0.25, 600.0]


@pytest.mark.parametrize("body", [b"", b"  ", b"\r\n"])
def test_nothing_is_none(body):
    assert parse_json("harbour", body) is None


@pytest.mark.parametrize(
    "body",
    [
        b"NaN", b"[Infinity]", b"-Infinity", b"[1e999]", b"-1e999", b"{", b"<html>", b"\xff\xfe",
        b"[" * 100_000, b"1" * 5_000, b"{'a': 1}", b"[1] [2]", b"[1,]",
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)  # fmt: skip
def test_what_is_not_json_is_an_invalid_response(body):
    with pytest.raises(InvalidResponse) as raised:
        parse_json("harbour", body)
    # The foreign exception would hold the body.
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert parse_any(body, "application/json") is None


def test_half_of_an_emoji_does_not_lose_the_page():
    assert parse_json("harbour", b'[{"name": "run \\ud83d", "id": 1}]')[0]["id"] == 1


def test_a_byte_order_mark_is_no_part_of_json():
    assert parse_json("harbour", b"\xef\xbb\xbf[1]") == [1]


@given(st.binary(max_size=200))
def test_no_body_raises_anything_but_an_invalid_response(body):
    with suppress(InvalidResponse):
        parse_json("harbour", body)
    parse_any(body, "application/x-www-form-urlencoded")


def test_a_form_is_a_dictionary():
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_any(b"access_token=a%20b&expires_in=3600&scope=", kind) == {
        "access_token": "a b",
        "expires_in": "3600",
        "scope": "",
    }


@pytest.mark.parametrize("declared", [True, False])
async def test_a_gigabyte_is_given_up_at_the_cap(server, pool, declared):
    server.break_next(faults.huge(10**9, declared=declared))
    with pytest.raises(InvalidResponse, match="too large"):
        await pool.exchange(outgoing(server))


async def test_a_body_at_the_cap_is_taken(server, pool):
    async def log(_):
        return 200, b" " * MAX_BODY_BYTES, {}

    server.routes["GET /v3/log"] = log
    assert len((await pool.exchange(outgoing(server))).body) == MAX_BODY_BYTES


async def test_a_bomb_is_given_up_long_before_the_cap(server, pool, monkeypatch):
    # Were it read to its end, the cap on size would say the same.
    monkeypatch.setattr("pierre_mcp.client.bodies.MAX_BODY_BYTES", 10**12)
    server.break_next(faults.gzip_bomb(10**9))
    with pytest.raises(InvalidResponse, match="too large"):
        await pool.exchange(outgoing(server))


async def test_a_small_body_may_be_as_dense_as_it_likes(server, pool):
    async def log(_):
        return 200, gzip.compress(b" " * 500_000), {"Content-Encoding": "gzip"}

    server.routes["GET /v3/log"] = log
    assert len((await pool.exchange(outgoing(server))).body) == 500_000


async def test_a_large_packed_body_of_real_data_is_taken(server, pool):
    stream = json.dumps([n * n % 7919 for n in range(400_000)]).encode()

    async def log(_):
        return 200, gzip.compress(stream), {"Content-Encoding": "gzip"}

    server.routes["GET /v3/log"] = log
    assert (await pool.exchange(outgoing(server))).body == stream


async def test_what_is_not_gzip_although_it_says_so_is_an_invalid_response(server, pool):
    async def log(_):
        return 200, b"plain", {"Content-Encoding": "gzip"}

    server.routes["GET /v3/log"] = log
    with pytest.raises(InvalidResponse):
        await pool.exchange(outgoing(server))


FLOOD = """
import anyio

from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import InvalidResponse
from pierre_mcp.testing import FakeApi, faults

refused = 0


async def ask(pool, url):
    global refused
    try:
        await pool.send("harbour", "GET", url, headers={})
    except InvalidResponse:
        refused += 1


async def main():
    async with FakeApi() as server, HttpPool() as pool, anyio.create_task_group() as tasks:
        for fault in (faults.huge(10**9), faults.gzip_bomb(10**9)):
            server.break_next(fault, times=10)
        for _ in range(20):
            tasks.start_soon(ask, pool, server.url)


anyio.run(main)
# Unlike what getrusage says, this does not begin with the memory of the parent process.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(refused, status["VmHWM"].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted in other units")
def test_twenty_gigabytes_at_once_fit_into_300_megabytes():
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", FLOOD], capture_output=True, text=True, check=True
    )
    refused, kilobytes = map(int, done.stdout.splitlines()[-1].split())
    assert refused == 20
    assert kilobytes < 300_000


@pytest.mark.parametrize("size", [60_000_000, 5])
async def test_a_failure_is_told_by_its_status_even_if_its_body_is_unreadable(
    server, connect, size
):
    async def log(_):
        return 503, b" " * size, {"Content-Encoding": "gzip" if size == 5 else "identity"}

    server.routes["GET /v3/log"] = log
    with pytest.raises(ProviderServerError):
        await connect().get_json("log")
