"""What the author of a provider tests with: the contract suite, a clock, an opened provider, a fake
of the provider's API, the faults it can have, and a bad network before any server.

Needs the extra ``pierre-mcp[testing]``. Subclass ``ProviderContract``, tell it how your provider is
made, and run pytest.
"""

import pytest

# Before the modules are imported, so that a failing claim shows the values it compared.
pytest.register_assert_rewrite("pierre_mcp.testing.contract")

from pierre_mcp.testing.clock import FakeClock  # noqa: E402
from pierre_mcp.testing.contract import ProviderContract  # noqa: E402
from pierre_mcp.testing.fake_api import FakeApi, FakeRequest, Refused, Reply, Route  # noqa: E402
from pierre_mcp.testing.fault_proxy import Disturbance, Ending, FaultProxy  # noqa: E402
from pierre_mcp.testing.oauth_server import OAuthServer  # noqa: E402
from pierre_mcp.testing.opening import GivenToken, open_client, open_provider  # noqa: E402

__all__ = [
    "Disturbance",
    "Ending",
    "FakeApi",
    "FakeClock",
    "FakeRequest",
    "FaultProxy",
    "GivenToken",
    "OAuthServer",
    "ProviderContract",
    "Refused",
    "Reply",
    "Route",
    "open_client",
    "open_provider",
]
