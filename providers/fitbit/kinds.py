"""Google's types of data that are read, and the three ways in which it writes their names.

Kebab-case in paths, snake_case in filters, camelCase in payloads. (Official description, 2026-11.)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of data; ``compared`` is what of it a filter compares."""

    name: str
    compared: str = "date"
    page_size: int = 1440

    @property
    def path(self) -> str:
        """Where its data points are."""
        return f"/users/me/dataTypes/{self.name}/dataPoints"

    @property
    def key(self) -> str:
        """The field of a data point that holds it."""
        first, *rest = self.name.split("-")
        return first + "".join(word.capitalize() for word in rest)

    def filters(self, since: str | None, until: str | None) -> list[str]:
        """What to ask for, from exact to nothing: see ``FitbitProvider._page``."""
        field = f"{self.name.replace('-', '_')}.{self.compared}"
        lower = [f'{field} >= "{since}"'] if since else []
        upper = [f'{field} < "{until}"'] if until else []
        return list(dict.fromkeys([" AND ".join(lower + upper), *lower, ""]))


_SAMPLED = "sample_time.civil_time"

EXERCISE = Kind(name="exercise", compared="interval.civil_start_time", page_size=25)
SLEEP = Kind(name="sleep", compared="interval.civil_end_time", page_size=25)
RESTING_HEART_RATE = Kind(name="daily-resting-heart-rate")
HEART_RATE_VARIABILITY = Kind(name="daily-heart-rate-variability")
OXYGEN_SATURATION = Kind(name="daily-oxygen-saturation")
RESPIRATORY_RATE = Kind(name="daily-respiratory-rate")
SKIN_TEMPERATURE = Kind(name="daily-sleep-temperature-derivations")
HEART_RATE_ZONES = Kind(name="daily-heart-rate-zones")
VO2_MAX = Kind(name="daily-vo2-max")
WEIGHT = Kind(name="weight", compared=_SAMPLED)
BODY_FAT = Kind(name="body-fat", compared=_SAMPLED)
HEIGHT = Kind(name="height", compared=_SAMPLED)
STEPS = Kind(name="steps")
TOTAL_CALORIES = Kind(name="total-calories")

ROLLUP_DAYS = {STEPS: 90, TOTAL_CALORIES: 14}
"""How many days one roll-up may cover."""
