"""RELIABILITY S1: sealed text opens at its place, with its key, as it was, or not at all."""

import base64

import pytest
from databases import ADA
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pierre_mcp.connections.key import Key
from pierre_mcp.connections.keys import KeyRing
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.errors import SealBroken
from pierre_mcp.principal import Principal

OLD, NEW, FOREIGN = (Key.of(bytes([n]) * 32) for n in (1, 2, 3))
sealer = Sealer(KeyRing([NEW, OLD]))

word = st.text(max_size=6) | st.sampled_from(["a", "aa", "a.a", "a\0", "\ud800", "ключ", "1", ""])
place = st.tuples(word, word, word, word)
quick = settings(max_examples=200, deadline=None)


def seal(text: str, where: tuple[str, str, str, str] = ("t", "u", "p", "f"), by: Sealer = sealer):
    tenant, user, provider, field = where
    return by.seal(text, principal=Principal(tenant, user), provider=provider, field=field)


def opened(sealed: str, where: tuple[str, str, str, str] = ("t", "u", "p", "f"), by=sealer) -> str:
    tenant, user, provider, field = where
    return by.open(sealed, principal=Principal(tenant, user), provider=provider, field=field)


def refused(sealed: str, *place_and_ring) -> bool:
    try:
        opened(sealed, *place_and_ring)
    except SealBroken:
        return True
    return False


def bits_of(sealed: str) -> bytes:
    encoded = sealed.rpartition(".")[2]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@given(st.text(max_size=50) | st.characters(codec=None), place)
@quick
def test_what_was_sealed_opens_at_its_place(text, where):
    assert opened(seal(text, where), where) == text


@given(place, place)
@example(("a", "bc", "p", "f"), ("ab", "c", "p", "f"))
@example(("t", "u", "pf", ""), ("t", "u", "p", "f"))
@example(("t", "", "up", "f"), ("t", "u", "p", "f"))
@quick
def test_moved_to_any_other_place_it_never_opens(where, other):
    assume(where != other)
    assert refused(seal("secret", where), other)


@given(st.data())
@quick
def test_with_any_bit_of_its_content_flipped_it_never_opens(data):
    sealed = seal("a secret")
    head, _, _ = sealed.rpartition(".")
    content = bytearray(bits_of(sealed))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    assert refused(f"{head}.{base64.urlsafe_b64encode(content).decode().rstrip('=')}")


@given(st.data())
@quick
def test_with_any_bit_of_its_text_flipped_it_never_opens(data):
    sealed = bytearray(seal("a secret").encode())
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert refused(sealed.decode("latin-1"))


@given(st.text(max_size=80))
@example("")
@example("v1")
@example("v1..")
@example(f"v1.{NEW.id}.")
@example(f"v1.{NEW.id}.AAAA")
@example(f"v1.{NEW.id}.{'A' * 37}")
@quick
def test_what_was_never_sealed_never_opens(text):
    assert refused(text)


@pytest.mark.parametrize("change", ["{} ", "{}=", "\n{}", "{}\0", "{}A", " {}", "{}é"])
def test_with_anything_added_it_never_opens(change):
    assert refused(change.format(seal("a secret")))


def test_an_older_key_of_the_ring_still_opens():
    assert opened(seal("secret", by=Sealer(KeyRing([OLD])))) == "secret"


def test_the_first_key_seals():
    assert seal("secret").split(".")[1] == NEW.id


def test_with_a_key_that_is_not_in_the_ring_it_never_opens():
    assert refused(seal("secret", by=Sealer(KeyRing([FOREIGN]))))


def test_relabelled_with_the_id_of_another_key_it_never_opens():
    assert refused(seal("secret").replace(NEW.id, OLD.id))


def test_relabelled_with_another_format_it_never_opens():
    assert refused("v2" + seal("secret").removeprefix("v1"))


def test_the_same_secret_sealed_twice_looks_different():
    sealed = {seal("secret") for _ in range(100)}
    assert len(sealed) == 100
    assert len({bits_of(one)[:12] for one in sealed}) == 100, "no nonce is used twice"


@pytest.mark.parametrize("sealed", ["canary", "v1.canary.canary", f"v1.{NEW.id}.{'canary' * 9}"])
def test_the_error_quotes_nothing_of_what_did_not_open(sealed):
    with pytest.raises(SealBroken) as caught:
        sealer.open(sealed, principal=ADA, provider="lakeside", field="access")
    assert "canary" not in repr(caught.value)
    assert "'lakeside'" in caught.value.message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
