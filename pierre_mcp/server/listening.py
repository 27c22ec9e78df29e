"""The address of a server: how to bind it, and how it stands in a URL.

It knows sockets and no protocol.
"""

import os
import socket

from pierre_mcp.errors import ConfigurationError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is one sentence before anything else starts."""
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        # Named, because asyncio sends small answers at once only on what it knows to be TCP.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
