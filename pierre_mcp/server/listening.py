"""The address of a server on loopback: which there are, how to bind one, by which names it goes.

It knows sockets and no protocol.
"""

import ipaddress
import os
import socket

from pierre_mcp.errors import ConfigurationError

_HTTP_PORT = 80


def require_loopback(host: str) -> None:
    """Raise ``ConfigurationError`` unless ``host`` means this machine alone."""
    if host != "localhost":
        try:
            loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ConfigurationError(
                f"--host {host}: without tokens the server answers on this machine only. "
                "Use 127.0.0.1, ::1 or localhost."
            )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is one sentence before anything else starts."""
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name != "nt":
                # A server that has just stopped still holds the port's old connections. Windows
                # means something else by it: to share the port of a server that is running.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen()
        except OSError:
            listener.close()
            raise
    except OSError as refused:
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {refused.strerror}. Choose another --port."
        ) from None
    return listener


def in_url(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def own_names(host: str, port: int) -> list[str]:
    """What a client of this machine may call the server: its values of the Host header."""
    hosts = dict.fromkeys(["localhost", "127.0.0.1", "[::1]", in_url(host)])
    names = [f"{name}:{port}" for name in hosts]
    # Clients leave the default port of the scheme away.
    return names + list(hosts) if port == _HTTP_PORT else names
