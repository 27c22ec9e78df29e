"""Every error this project raises on purpose, on one screen.

Foreign exceptions are translated into this tree where they enter (one place each); the
server turns the tree into tool results through the attributes below and nothing else.
A message says what happened, to what, and what to do next; it never quotes a provider's
body, a path or a secret.

    PierreError
    ├── ConfigurationError         the operator's settings are wrong; stops the start
    ├── InvalidArgument            the caller's argument is wrong; names it
    ├── RecordingError             a file is not a readable recording; says why
    ├── StoreError                 what is kept of connections could not be read or written
    │   ├── StoreUnavailable       the database cannot be reached or is busy; passes by itself
    │   └── SealBroken             a kept secret does not open with the keys there are
    ├── TooManyCalls               the person called more often than this server allows
    └── ProviderError              something about one provider
        ├── ProviderNotSupported   no such provider; lists those there are
        ├── ProviderUnavailable    installed, yet it cannot be loaded
        ├── NotConfigured          the operator has not set it up
        ├── NotShared              it holds the operator's own data; nobody else gets it
        ├── NotConnected           this person has not connected it
        ├── AuthenticationFailed   the connection is no longer accepted
        ├── MissingScope           connected, without the permission this needs
        ├── UnsupportedFeature     the provider has no such data
        ├── NotFound               no such record, or not this person's
        ├── InvalidResponse        the provider answered something unreadable
        ├── RateLimitExceeded      transient: wait retry_after_seconds
        ├── ProviderTimeout        transient
        ├── NetworkError           transient
        ├── ProviderServerError    transient
        └── NoProvidersAvailable   none of several answered; keeps every cause
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar


class ErrorType(StrEnum):
    """The closed list of error types a client can meet in ``error.type``."""

    CONFIGURATION = "configuration"
    INVALID_ARGUMENT = "invalid_argument"
    UNREADABLE_RECORDING = "unreadable_recording"
    STORE_UNAVAILABLE = "store_unavailable"
    PROVIDER_NOT_SUPPORTED = "provider_not_supported"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    NOT_CONFIGURED = "not_configured"
    NOT_SHARED = "not_shared"
    NOT_CONNECTED = "not_connected"
    NEEDS_REAUTH = "needs_reauth"
    MISSING_SCOPE = "missing_scope"
    UNSUPPORTED_FEATURE = "unsupported_feature"
    NOT_FOUND = "not_found"
    INVALID_RESPONSE = "invalid_response"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    NETWORK = "network"
    PROVIDER_ERROR = "provider_error"
    NO_PROVIDERS_AVAILABLE = "no_providers_available"
    INTERNAL = "internal"


class PierreError(Exception):
    """Root of the tree.

    ``is_retryable``: the same request may succeed when sent again later.
    ``is_transient``: the fault lies in the provider or the network and passes by itself,
    so a retained copy may be served in the meantime.
    """

    type: ClassVar[ErrorType] = ErrorType.INTERNAL
    is_retryable: ClassVar[bool] = False
    is_transient: ClassVar[bool] = False
    retry_after_seconds: float | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(PierreError):
    """A setting is missing, malformed or contradicts another."""

    type = ErrorType.CONFIGURATION


class InvalidArgument(PierreError):
    """An argument the caller gave is unknown, malformed or out of range."""

    type = ErrorType.INVALID_ARGUMENT

    def __init__(
        self,
        argument: str,
        problem: str,
        *,
        allowed: Sequence[str] = (),
        nearest: str | None = None,
    ) -> None:
        parts = [f"Argument '{argument}': {problem}"]
        if nearest is not None:
            parts.append(f"Did you mean '{nearest}'?")
        if allowed:
            parts.append(f"Allowed: {', '.join(allowed)}.")
        super().__init__(" ".join(parts))
        self.argument = argument
        self.allowed = tuple(allowed)
        self.nearest = nearest


class RecordingError(PierreError):
    """A file is not a recording we can read; the message is the reason, without its path."""

    type = ErrorType.UNREADABLE_RECORDING


class StoreError(PierreError):
    """The database refused what was asked of it; the log says why."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is busy, or its disk is full."""

    type = ErrorType.STORE_UNAVAILABLE
    is_retryable = True


class SealBroken(StoreError):
    """A kept secret was altered, moved, or sealed with a key we do not have."""

    type = ErrorType.NEEDS_REAUTH


class TooManyCalls(PierreError):
    """The person used up the calls that this server allows; no provider is the cause."""

    type = ErrorType.RATE_LIMITED
    is_retryable = True

    def __init__(self, calls_per_minute: int, retry_after_seconds: float) -> None:
        super().__init__(
            f"This server allows a person {calls_per_minute} calls a minute, and they are used up. "
            "It is the server's own limit, not a provider's. Ask for more in fewer calls."
        )
        self.retry_after_seconds = retry_after_seconds


class ProviderError(PierreError):
    """Something about one provider, named by ``provider``."""

    type = ErrorType.PROVIDER_ERROR

    def __init__(
        self, provider: str, message: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.retry_after_seconds = retry_after_seconds


class ProviderNotSupported(ProviderError):
    """No provider of that name is installed and selected."""

    type = ErrorType.PROVIDER_NOT_SUPPORTED

    def __init__(self, provider: str, supported: Sequence[str]) -> None:
        super().__init__(
            provider,
            f"Provider '{provider}' is not supported. "
            f"Supported providers: {', '.join(sorted(supported))}",
        )
        self.supported = tuple(sorted(supported))


class ProviderUnavailable(ProviderError):
    """The provider is installed and cannot be loaded."""

    type = ErrorType.PROVIDER_UNAVAILABLE


class NotConfigured(ProviderError):
    """The operator has not given the provider what it needs."""

    type = ErrorType.NOT_CONFIGURED


class NotShared(ProviderError):
    """The provider holds what the operator configured as their own; nobody else is served it."""

    type = ErrorType.NOT_SHARED

    def __init__(self, provider: str) -> None:
        super().__init__(
            provider,
            f"Provider '{provider}' holds the data of the person who runs this server and is "
            "shared with nobody. Ask list_providers which others there are.",
        )


class NotConnected(ProviderError):
    """The person has not connected the provider."""

    type = ErrorType.NOT_CONNECTED


class AuthenticationFailed(ProviderError):
    """The provider no longer accepts the connection; it has to be made again."""

    type = ErrorType.NEEDS_REAUTH


class MissingScope(ProviderError):
    """The connection lacks the permission that this needs."""

    type = ErrorType.MISSING_SCOPE


class UnsupportedFeature(ProviderError):
    """The provider does not offer this data; its capabilities say so."""

    type = ErrorType.UNSUPPORTED_FEATURE

    def __init__(self, provider: str, feature: str) -> None:
        super().__init__(
            provider,
            f"Provider '{provider}' has no {feature}. Ask list_providers which provider has it.",
        )
        self.feature = feature


class NotFound(ProviderError):
    """No such record, or not one this person may see."""

    type = ErrorType.NOT_FOUND


class InvalidResponse(ProviderError):
    """The provider answered something that is not what it documents."""

    type = ErrorType.INVALID_RESPONSE


class RateLimitExceeded(ProviderError):
    """The provider's quota is used up; ``retry_after_seconds`` says for how long, when known.

    ``scheduled``: the question is asked by itself once there is quota again, and its answer kept.
    """

    type = ErrorType.RATE_LIMITED
    is_retryable = True
    is_transient = True
    scheduled: bool = False

    def as_scheduled(self) -> "RateLimitExceeded":
        """It with the promise that the question is asked again by itself."""
        told = RateLimitExceeded(
            self.provider,
            f"{self.message} This server will ask then by itself: ask it again afterwards.",
            retry_after_seconds=self.retry_after_seconds,
        )
        told.scheduled = True
        return told


class ProviderTimeout(ProviderError):
    """The provider did not answer in time."""

    type = ErrorType.TIMEOUT
    is_retryable = True
    is_transient = True


class NetworkError(ProviderError):
    """The provider could not be reached."""

    type = ErrorType.NETWORK
    is_retryable = True
    is_transient = True


class ProviderServerError(ProviderError):
    """The provider failed on its own side."""

    type = ErrorType.PROVIDER_ERROR
    is_retryable = True
    is_transient = True


class NoProvidersAvailable(ProviderError):
    """None of several providers answered; ``causes`` keeps why, in the order they were asked."""

    type = ErrorType.NO_PROVIDERS_AVAILABLE

    def __init__(self, causes: Sequence[ProviderError]) -> None:
        tried = "; ".join(f"{cause.provider}: {cause.message}" for cause in causes)
        super().__init__(
            ",".join(cause.provider for cause in causes), f"No provider could answer. {tried}"
        )
        self.causes = tuple(causes)
