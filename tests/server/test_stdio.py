"""Standard input and output without threads: every line arrives whole, and nobody is blocked."""

import os

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there it is left to the SDK")

LONG_ENOUGH_SECONDS = 20.0


@given(
    st.lists(st.text(st.characters(exclude_characters="\n"), max_size=30), max_size=6),
    st.lists(st.integers(1, 40), max_size=8),
    st.booleans(),
)
def test_lines_are_those_that_were_sent_however_they_were_cut(
    sent: list[str], cuts: list[int], last_one_ends: bool
):
    from pierre_mcp.server.stdio import Lines

    data = "\n".join(sent).encode(errors="surrogatepass") + (b"\n" if last_one_ends else b"")
    reading, writing = os.pipe()

    async def send() -> None:
        left = data
        for cut in (*cuts, len(data)):
            os.write(writing, left[:cut])
            left = left[cut:]
            await anyio.lowlevel.checkpoint()
        os.close(writing)

    async def main() -> list[str]:
        came: list[str] = []
        with anyio.fail_after(LONG_ENOUGH_SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                came += [line async for line in Lines(reading)]
        return came

    came = anyio.run(main)
    os.close(reading)
    expected = data.decode(errors="replace").split("\n")
    if expected[-1] == "":
        expected.pop()
    assert came == expected


@pytest.mark.anyio
async def test_a_client_that_does_not_read_blocks_nobody_else():
    from pierre_mcp.server.stdio import Writer

    reading, writing = os.pipe()
    text = "x" * 1_000_000 + "\n"
    writer = Writer(writing)
    try:
        async with anyio.create_task_group() as tasks:
            await writer.write(text)  # a pipe holds less than that
            tasks.start_soon(writer.flush)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert tasks.cancel_scope.cancelled_caught
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.anyio
async def test_an_answer_larger_than_a_pipe_arrives_whole():
    from pierre_mcp.server.stdio import Writer

    reading, writing = os.pipe()
    text = "é" * 300_000 + "\n"
    came = b""

    async def read() -> None:
        nonlocal came
        while len(came) < len(text.encode()):
            await anyio.wait_readable(reading)
            came += os.read(reading, 100_000)

    writer = Writer(writing)
    try:
        with anyio.fail_after(LONG_ENOUGH_SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await writer.write(text)
                await writer.flush()
    finally:
        os.close(reading)
        os.close(writing)
    assert came.decode() == text


@pytest.mark.anyio
async def test_writing_to_a_client_that_left_says_so():
    from pierre_mcp.server.stdio import Writer

    reading, writing = os.pipe()
    os.close(reading)
    writer = Writer(writing)
    await writer.write("news\n")
    with pytest.raises(BrokenPipeError):
        await writer.flush()
    os.close(writing)


@pytest.mark.anyio
async def test_ending_the_lines_ends_a_reader_that_waits():
    from pierre_mcp.server.stdio import Lines

    reading, writing = os.pipe()
    lines = Lines(reading)
    with anyio.fail_after(LONG_ENOUGH_SECONDS):
        async with anyio.create_task_group() as tasks:

            async def read() -> None:
                assert [line async for line in lines] == []

            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            lines.end()
    os.close(reading)
    os.close(writing)
