"""What was made of records that do not change, remembered for as long as they are kept anywhere.

It keeps no record alive: what is known of one goes when the record does, so whoever forgets a
person's records forgets this too. What is remembered must not hold the records it was made of.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar
from weakref import ref

from pierre_mcp.models.base import Model

M = TypeVar("M", bound=Model)
V = TypeVar("V")


class Remembered(Generic[V]):
    """At most ``most`` of them; the oldest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[Hashable, tuple[tuple[ref[Model], ...], V]] = {}

    def of(self, records: Sequence[Model], make: Callable[[], V], also: Hashable = None) -> V:
        """What ``make`` makes of these very records and of ``also``."""
        key = (tuple(map(id, records)), also)
        found = self._made.get(key)
        if found is not None:
            for known, record in zip(found[0], records, strict=True):
                if known() is not record:
                    break
            else:
                return found[1]
        value = make()
        self._keep(key, records, value)
        return value

    def each(self, records: Iterable[M], make: Callable[[M], V]) -> list[V]:
        """What ``make`` makes of each of the records by itself."""
        told = []
        for record in records:
            found = self._made.get(id(record))
            if found is not None and found[0][0]() is record:
                told.append(found[1])
                continue
            value = make(record)
            self._keep(id(record), (record,), value)
            told.append(value)
        return told

    def _keep(self, key: Hashable, records: Sequence[Model], value: V) -> None:
        made = self._made

        def forget(_: ref[Model]) -> None:
            made.pop(key, None)

        made[key] = (tuple([ref(record, forget) for record in records]), value)
        if len(made) > self._most:
            made.pop(next(iter(made)), None)
