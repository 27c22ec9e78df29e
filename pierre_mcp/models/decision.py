"""What a person says of two records: that they are one workout, or that they are not.

It names the records and holds nothing of them. It is kept in one room and heeded in another.
"""

from dataclasses import dataclass
from datetime import datetime

RecordKey = tuple[str, str]
"""A provider and the id of one of its records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word on two records."""

    one: RecordKey
    other: RecordKey
    same: bool
    decided_at: datetime

    @property
    def pair(self) -> frozenset[RecordKey]:
        """The two, in no order."""
        return frozenset({self.one, self.other})
