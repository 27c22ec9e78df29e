"""The closed list of sports, and which sports are variants of a broader one.

Providers map their own words onto this list; a word without a place here becomes ``other``
and the record keeps the word in ``sport_type_raw``.
"""

from enum import StrEnum


class SportType(StrEnum):
    """A sport in the unified vocabulary."""

    RUN = "run"
    TRAIL_RUN = "trail_run"
    TRACK_RUN = "track_run"
    TREADMILL_RUN = "treadmill_run"
    VIRTUAL_RUN = "virtual_run"
    RIDE = "ride"
    GRAVEL_RIDE = "gravel_ride"
    MOUNTAIN_BIKE_RIDE = "mountain_bike_ride"
    E_BIKE_RIDE = "e_bike_ride"
    INDOOR_RIDE = "indoor_ride"
    VIRTUAL_RIDE = "virtual_ride"
    HANDCYCLE = "handcycle"
    SWIM = "swim"
    POOL_SWIM = "pool_swim"
    OPEN_WATER_SWIM = "open_water_swim"
    WALK = "walk"
    HIKE = "hike"
    MOUNTAINEERING = "mountaineering"
    STRENGTH_TRAINING = "strength_training"
    HIIT = "hiit"
    CARDIO = "cardio"
    ELLIPTICAL = "elliptical"
    STAIR_CLIMBING = "stair_climbing"
    JUMP_ROPE = "jump_rope"
    ROWING = "rowing"
    INDOOR_ROWING = "indoor_rowing"
    CANOEING = "canoeing"
    KAYAKING = "kayaking"
    STAND_UP_PADDLING = "stand_up_paddling"
    SURFING = "surfing"
    WINDSURFING = "windsurfing"
    KITESURFING = "kitesurfing"
    SAILING = "sailing"
    ALPINE_SKI = "alpine_ski"
    BACKCOUNTRY_SKI = "backcountry_ski"
    NORDIC_SKI = "nordic_ski"
    SNOWBOARD = "snowboard"
    SNOWSHOE = "snowshoe"
    ICE_SKATE = "ice_skate"
    INLINE_SKATE = "inline_skate"
    SKATEBOARD = "skateboard"
    ROCK_CLIMBING = "rock_climbing"
    BOULDERING = "bouldering"
    YOGA = "yoga"
    PILATES = "pilates"
    BREATHWORK = "breathwork"
    DANCE = "dance"
    BOXING = "boxing"
    MARTIAL_ARTS = "martial_arts"
    SOCCER = "soccer"
    BASKETBALL = "basketball"
    VOLLEYBALL = "volleyball"
    HOCKEY = "hockey"
    RUGBY = "rugby"
    TENNIS = "tennis"
    TABLE_TENNIS = "table_tennis"
    BADMINTON = "badminton"
    SQUASH = "squash"
    PADEL = "padel"
    PICKLEBALL = "pickleball"
    CRICKET = "cricket"
    GOLF = "golf"
    HORSE_RIDING = "horse_riding"
    WHEELCHAIR = "wheelchair"
    MULTISPORT = "multisport"
    TRANSITION = "transition"
    OTHER = "other"

    __hash__ = str.__hash__  # of Python's two it is the faster, and the one that goes with equality

    @property
    def broader(self) -> "SportType":
        """The sport this one is a variant of; itself when it is not a variant."""
        return _BROADER.get(self, self)

    def matches(self, wanted: "SportType") -> bool:
        """Whether someone who asks for ``wanted`` means this sport: ``run`` includes trail runs."""
        return wanted in (self, self.broader)

    @property
    def is_on_foot(self) -> bool:
        """Whether cadence means steps per minute of both feet."""
        return self.broader is SportType.RUN or self in _STEPPING


_BROADER = {
    SportType.TRAIL_RUN: SportType.RUN,
    SportType.TRACK_RUN: SportType.RUN,
    SportType.TREADMILL_RUN: SportType.RUN,
    SportType.VIRTUAL_RUN: SportType.RUN,
    SportType.GRAVEL_RIDE: SportType.RIDE,
    SportType.MOUNTAIN_BIKE_RIDE: SportType.RIDE,
    SportType.E_BIKE_RIDE: SportType.RIDE,
    SportType.INDOOR_RIDE: SportType.RIDE,
    SportType.VIRTUAL_RIDE: SportType.RIDE,
    SportType.POOL_SWIM: SportType.SWIM,
    SportType.OPEN_WATER_SWIM: SportType.SWIM,
    SportType.INDOOR_ROWING: SportType.ROWING,
    SportType.BOULDERING: SportType.ROCK_CLIMBING,
}

_STEPPING = frozenset(
    {SportType.WALK, SportType.HIKE, SportType.MOUNTAINEERING, SportType.SNOWSHOE}
)
