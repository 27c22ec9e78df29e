"""From the ``provider`` argument of a tool to an answer of a provider, and what is said about it.

One name, or several in order of preference of which the first that answers is used. Tools go
through here and know no provider.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pierre_mcp.caching.policy import CachePolicy, CacheState, Freshness
from pierre_mcp.composition import Composition
from pierre_mcp.errors import (
    InvalidArgument,
    NoProvidersAvailable,
    PierreError,
    ProviderError,
    RateLimitExceeded,
    UnsupportedFeature,
)
from pierre_mcp.models import DataWarning, Units, WarningCode
from pierre_mcp.principal import Principal
from pierre_mcp.server.envelope import Answer
from pierre_mcp.server.every import ALL, EveryProvider
from pierre_mcp.server.status import connection_status
from pierre_mcp.spi import FitnessProvider, ProviderCapabilities, ProviderDescriptor

T = TypeVar("T")

_FEATURES = {
    ProviderCapabilities.ACTIVITIES: "activities",
    ProviderCapabilities.SLEEP_TRACKING: "sleep data",
    ProviderCapabilities.RECOVERY_METRICS: "recovery data",
    ProviderCapabilities.HEALTH_METRICS: "health data",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[T]):
    """A provider that answered, its answer, and why those before it did not."""

    provider: FitnessProvider
    value: T
    passed_over: tuple[ProviderError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """One tool call's way to providers, on behalf of one principal."""

    composition: Composition
    principal: Principal
    policy: CachePolicy = CachePolicy.USE_CACHE

    async def ask(
        self,
        provider: str | None,
        needs: ProviderCapabilities,
        call: Callable[[FitnessProvider], Awaitable[T]],
    ) -> Answered[T]:
        """The first of the named providers that answers ``call``.

        What a provider lacks is said by its capabilities, before it is called. With one name its
        own error is raised, with several ``NoProvidersAvailable``; ``all`` asks an
        ``EveryProvider``.
        """
        if is_all(provider):
            every = await self.every(needs)
            value = await call(every)
            return Answered(provider=every, value=value, passed_over=tuple(every.failures.values()))
        names = self.names(provider)
        causes: list[ProviderError] = []
        for name in names:
            try:
                async with self.ready(name, needs) as ready:
                    value = await self._timed(ready, call)
            except ProviderError as cause:
                if len(names) == 1:
                    raise
                causes.append(cause)
            else:
                return Answered(provider=ready, value=value, passed_over=tuple(causes))
        raise NoProvidersAvailable(causes)

    @property
    def units(self) -> Units:
        """The units that the person is told in."""
        return self.composition.configuration.settings.units

    def names(self, provider: str | None) -> tuple[str, ...]:
        """The names that the argument means; unknown ones raise ``ProviderNotSupported``."""
        if provider is None or not provider.strip():
            return (self.composition.default_provider(),)
        names = tuple(dict.fromkeys(part.strip() for part in provider.split(",") if part.strip()))
        if ALL in names:
            raise InvalidArgument(
                "provider",
                "'all' stands alone, where it is offered. Name one provider, or several in order "
                "of preference, separated by commas.",
                allowed=self.composition.registry.supported_providers(),
            )
        for name in names:
            self.composition.registry.require(name)
        return names

    async def every(self, needs: ProviderCapabilities) -> EveryProvider:
        """Every provider that the person can use now and that offers what is needed, as one.

        Made-up data is left out as soon as there is any other. Raises ``NoProvidersAvailable``.
        """
        composition, registry = self.composition, self.composition.registry
        statuses = await connection_status(composition, self.principal)
        able = [
            name
            for name, status in statuses.items()
            if status["connected"] and needs & registry.get_capabilities(name) == needs
        ]
        real = [name for name in able if not registry.get_descriptor(name).synthetic]
        if not able:
            raise NoProvidersAvailable(())
        names = tuple(sorted(real or able))

        async def ask_one(
            name: str, call: Callable[[FitnessProvider], Awaitable[T]]
        ) -> tuple[T, Freshness | None]:
            answered = await self.ask(name, needs, call)
            return answered.value, freshness_of(answered.provider)

        return EveryProvider(
            composition.context(),
            names=names,
            ask_one=ask_one,
            synthetic=not real,
            priority=composition.configuration.settings.source_priority,
            decisions=await composition.decisions(self.principal),
        )

    @asynccontextmanager
    async def ready(self, name: str, needs: ProviderCapabilities) -> AsyncIterator[FitnessProvider]:
        """The provider, if it offers what is needed and can be used now."""
        descriptor = self.composition.registry.get_descriptor(name)
        for capability, feature in _FEATURES.items():
            if capability in needs and capability not in descriptor.capabilities:
                raise UnsupportedFeature(name, feature)
        async with self.composition.provider(name, self.principal, needs, self.policy) as provider:
            yield provider

    async def _timed(
        self, provider: FitnessProvider, call: Callable[[FitnessProvider], Awaitable[T]]
    ) -> T:
        started = time.monotonic()
        healthy = False
        try:
            value = await call(provider)
            healthy = True
        except PierreError as error:
            # A question that a provider rightly refuses says nothing against its health, and a
            # limit is not a failure.
            healthy = not error.is_transient or isinstance(error, RateLimitExceeded)
            raise
        else:
            return value
        finally:
            freshness = freshness_of(provider)
            if freshness is None or freshness.state is not CacheState.HIT:
                self.composition.health.record(
                    provider.descriptor.name,
                    succeeded=healthy and not _stood_in(freshness),
                    latency_ms=(time.monotonic() - started) * 1000,
                )

    async def answer(
        self,
        answered: Answered[Any],
        result: dict[str, Any],
        text: str,
        *,
        complete: bool = True,
        next_cursor: str | None = None,
        cut: str | None = None,
        warnings: tuple[DataWarning, ...] = (),
    ) -> Answer:
        """An answer with what has to be said about where it came from; who failed is named."""
        provider = answered.provider
        freshness = freshness_of(provider)
        names: tuple[str, ...] = (provider.descriptor.name,)
        failed = answered.passed_over
        if isinstance(provider, EveryProvider):
            names, failed = provider.answered, tuple(provider.failures.values())
            complete = complete and not failed
        descriptors = [self.composition.registry.get_descriptor(name) for name in names]
        experimental = tuple(note for one in descriptors for note in _experimental(one))
        synthetic = all(one.synthetic for one in descriptors)
        return Answer(
            result=result,
            text=text,
            providers=names,
            fetched_at=self.composition.clock() if freshness is None else freshness.fetched_at,
            cache=self._cache_word(freshness),
            age_seconds=self._age_seconds(freshness),
            complete=complete and next_cursor is None and cut is None,
            next_cursor=next_cursor,
            cut=cut,
            synthetic=synthetic,
            connected_real_providers=await self._connected_real() if synthetic else (),
            warnings=_failed(failed) + experimental + warnings,
        )

    def _cache_word(self, freshness: Freshness | None) -> str:
        """How the cache took part; what is not worth keeping was asked for just now."""
        if freshness is not None:
            return freshness.state.value
        bypassed = self.policy is CachePolicy.BYPASS
        return (CacheState.BYPASS if bypassed else CacheState.MISS).value

    def _age_seconds(self, freshness: Freshness | None) -> int | None:
        if freshness is None or freshness.state not in (CacheState.HIT, CacheState.STALE):
            return None
        age = self.composition.clock() - freshness.fetched_at
        return max(0, round(age.total_seconds()))

    async def _connected_real(self) -> tuple[str, ...]:
        statuses = await connection_status(self.composition, self.principal)
        return tuple(
            name
            for name, status in statuses.items()
            if status["connected"] and not status.get("synthetic")
        )


def is_all(provider: str | None) -> bool:
    """Whether the argument means every connected provider."""
    return provider is not None and provider.strip() == ALL


def freshness_of(provider: FitnessProvider) -> Freshness | None:
    """How a provider's answers came about; ``None`` for one that has no cache before it."""
    told = getattr(provider, "freshness", None)
    return told if isinstance(told, Freshness) else None


def _failed(failures: Iterable[ProviderError]) -> tuple[DataWarning, ...]:
    return tuple(
        DataWarning(code=WarningCode.PROVIDER_FAILED, detail=f"{one.provider}: {one.message}")
        for one in failures
    )


def _experimental(descriptor: ProviderDescriptor) -> tuple[DataWarning, ...]:
    if descriptor.experimental is None:
        return ()
    detail = f"{descriptor.display_name} is experimental: {descriptor.experimental}"
    return (DataWarning(code=WarningCode.EXPERIMENTAL, detail=detail),)


def _stood_in(freshness: Freshness | None) -> bool:
    return freshness is not None and freshness.state is CacheState.STALE
