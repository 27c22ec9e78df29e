"""An OIDC issuer in a process of its own, on loopback: it signs, rotates and misbehaves on command.

Run as a script it serves until its standard input closes. ``IssuerProcess`` starts it and sends it
commands; what it misbehaves at is named where the misbehaviour is.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio.to_thread
from joserfc import jwk, jws

DOCUMENTS = {"/.well-known/openid-configuration": "discovery", "/jwks": "jwks"}
_SIGNERS = {"RS256": "rsa", "PS256": "rsa", "ES256": "ec", "EdDSA": "okp", "Ed25519": "okp"}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """The keys, what is published of them, and how requests are answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.generation = 0
        self.behaviour = "well"
        self.asked: Counter[str] = Counter()
        self.released = threading.Event()
        self.was_asked = threading.Event()
        self.rotate()
        self.strangers = self._generate("unpublished")

    def rotate(self) -> None:
        self.generation += 1
        self.keys = self._generate(str(self.generation))

    def _generate(self, name: str) -> dict[str, Any]:
        return {
            "rsa": jwk.RSAKey.generate_key(2048, {"kid": f"rsa-{name}"}),
            "ec": jwk.ECKey.generate_key("P-256", {"kid": f"ec-{name}"}),
            "okp": jwk.OKPKey.generate_key("Ed25519", {"kid": f"okp-{name}"}),
        }

    def discovery(self) -> Any:
        match self.behaviour:
            case "names another issuer":
                return {"issuer": "https://other.example", "jwks_uri": f"{self.url}/jwks"}
            case "sends for keys in clear":
                return {"issuer": self.url, "jwks_uri": "http://keys.example/jwks"}
            case "is no document":
                return ["discovery"]
            case _:
                return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}

    def jwks(self) -> Any:
        match self.behaviour:
            case "garbage":
                return {"keys": "garbage"}
            case "no keys":
                return {"keys": []}
            case "odd keys":
                return {"keys": [*self._odd_keys(), *self._public()]}
            case _:
                return {"keys": self._public()}

    def _public(self) -> list[Any]:
        return [{**key.as_dict(private=False), "use": "sig"} for key in self.keys.values()]

    def _odd_keys(self) -> list[Any]:
        """What a real document may hold beside keys for us."""
        rsa = self.keys["rsa"].as_dict(private=False)
        ec = self.keys["ec"].as_dict(private=False)
        return [
            None,
            {},
            {"kty": "oct", "kid": "shared", "k": encoded(b"x" * 32)},
            {"kty": "AKP", "kid": "later", "alg": "ML-DSA-44", "pub": "AA"},
            {**rsa, "kid": "for-secrecy", "use": "enc"},
            {**rsa, "kid": "for-another-algorithm", "alg": "RS512"},
            {**rsa, "kid": "for-one-algorithm", "alg": "RS256"},
            {**rsa, "kid": 7},
            {**ec, "kid": "off-the-curve", "y": ec["x"]},
            {**ec, "kid": "other-curve", "crv": "P-384"},
            {**rsa, "kid": "small", "n": rsa["n"][:100]},
        ]

    def sign(
        self, claims: Mapping[str, Any], how: str, header: Mapping[str, Any], payload: str | None
    ) -> str:
        """A token. ``how`` is an algorithm, or one of the ways in which a token can be false."""
        body = json.dumps(claims).encode() if payload is None else payload.encode()
        rsa = self.keys["rsa"]
        match how:
            case "none":
                return self._by_hand({"alg": "none", "kid": rsa.kid, **header}, body, b"")
            case "HS256 with the public key":
                fields = {"alg": "HS256", "kid": rsa.kid, **header}
                return self._by_hand(fields, body, rsa.as_pem(private=False))
            case "a key that is not published":
                signer = self.strangers["rsa"]
                return jws.serialize_compact({"alg": "RS256", "kid": signer.kid}, body, signer)
            case "a foreign key under a known id":
                fields = {"alg": "RS256", "kid": rsa.kid}
                return jws.serialize_compact(fields, body, self.strangers["rsa"])
            case _:
                signer = self.keys[_SIGNERS.get(how, "rsa")]
                fields = {"alg": how, "kid": signer.kid, **header}
                fields = {name: value for name, value in fields.items() if value is not None}
                # The library signs under the newer name of the same algorithm (RFC 9864).
                return _signed(fields, body, signer)

    @staticmethod
    def _by_hand(header: Mapping[str, Any], body: bytes, secret: bytes) -> str:
        signed = f"{encoded(json.dumps(header).encode())}.{encoded(body)}"
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
        return f"{signed}.{encoded(signature)}"

    def command(self, do: str, told: Mapping[str, Any]) -> Any:
        match do:
            case "sign":
                return self.sign(told["claims"], told["how"], told["header"], told["payload"])
            case "rotate":
                return self.rotate()
            case "behave":
                self.behaviour = told["how"]
                # Whoever hangs is let go, and the next to hang waits anew.
                self.released.set()
                self.released = threading.Event()
                return None
            case "wait":
                return self.was_asked.wait(timeout=30)
            case "asked":
                counted, self.asked = dict(self.asked), Counter()
                self.was_asked.clear()
                return counted
            case _:
                raise ValueError(do)


def _signed(header: dict[str, Any], body: bytes, key: Any) -> str:
    algorithm = {"EdDSA": "Ed25519"}.get(header["alg"], header["alg"])
    model = jws.JWSRegistry.algorithms[algorithm]
    signed = f"{encoded(json.dumps(header).encode())}.{encoded(body)}"
    return f"{signed}.{encoded(model.sign(signed.encode(), key))}"


class Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        document = DOCUMENTS.get(self.path)
        if document is None:
            self._answer(404, {})
            return
        self.issuer.asked[document] += 1
        self.issuer.was_asked.set()
        if self.issuer.behaviour == "hangs":
            self.issuer.released.wait()
        if self.issuer.behaviour in ("is down", "hangs"):
            self.close_connection = True
        elif self.issuer.behaviour == "fails":
            self._answer(500, {"error": "failure"})
        else:
            self._answer(200, getattr(self.issuer, document)())

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(200, self.issuer.command(self.path.strip("/"), told))

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class IssuerProcess:
    """The other process, as tests see it."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self._process = process

    def token(
        self,
        *,
        how: str = "RS256",
        header: Mapping[str, Any] | None = None,
        payload: str | None = None,
        **claims: Any,
    ) -> str:
        """A token with these claims. A claim or header that is ``None`` is left out."""
        told = {name: value for name, value in claims.items() if value is not None}
        return str(self._do("sign", claims=told, how=how, header=header or {}, payload=payload))

    def rotate(self) -> None:
        """Sign with new keys, and publish only those."""
        self._do("rotate")

    def behave(self, how: str = "well") -> None:
        self._do("behave", how=how)

    def asked(self) -> dict[str, int]:
        """How often each document was asked for since the last time."""
        return dict(self._do("asked"))

    async def until_asked(self) -> None:
        """Wait until a document is asked for that was not counted yet."""
        assert await anyio.to_thread.run_sync(partial(self._do, "wait"))

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _do(self, command: str, **told: Any) -> Any:
        body = json.dumps(told).encode()
        request = urllib.request.Request(f"{self.url}/{command}", body)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def running_issuer() -> Iterator[IssuerProcess]:
    """An issuer of its own, until the end of the block."""
    process = subprocess.Popen(  # noqa: S603 - this file
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    issuer = IssuerProcess(process.stdout.readline().strip(), process)
    try:
        yield issuer
    finally:
        issuer.stop()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}"
    Handler.issuer = Issuer(url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(url + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
