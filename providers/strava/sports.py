"""Strava's words for sports, and what they are in the unified vocabulary."""

from pierre_mcp.models import SportType

S = SportType

# The enumeration of the official description (2026-11). Words that the vocabulary has no place
# for, and any that Strava adds, become "other" and keep the word.
SPORTS = {
    "AlpineSki": S.ALPINE_SKI, "BackcountrySki": S.BACKCOUNTRY_SKI, "Badminton": S.BADMINTON,
    "Basketball": S.BASKETBALL, "Canoeing": S.CANOEING, "Cricket": S.CRICKET,
    "Crossfit": S.HIIT, "Dance": S.DANCE, "EBikeRide": S.E_BIKE_RIDE,
    "EMountainBikeRide": S.E_BIKE_RIDE, "Elliptical": S.ELLIPTICAL, "Golf": S.GOLF,
    "GravelRide": S.GRAVEL_RIDE, "Handcycle": S.HANDCYCLE,
    "HighIntensityIntervalTraining": S.HIIT, "Hike": S.HIKE, "IceSkate": S.ICE_SKATE,
    "InlineSkate": S.INLINE_SKATE, "Kayaking": S.KAYAKING, "Kitesurf": S.KITESURFING,
    "MountainBikeRide": S.MOUNTAIN_BIKE_RIDE, "NordicSki": S.NORDIC_SKI, "Padel": S.PADEL,
    "Pickleball": S.PICKLEBALL, "Pilates": S.PILATES, "Ride": S.RIDE,
    "RockClimbing": S.ROCK_CLIMBING, "Rowing": S.ROWING, "Run": S.RUN, "Sail": S.SAILING,
    "Skateboard": S.SKATEBOARD, "Snowboard": S.SNOWBOARD, "Snowshoe": S.SNOWSHOE,
    "Soccer": S.SOCCER, "Squash": S.SQUASH, "StairStepper": S.STAIR_CLIMBING,
    "StandUpPaddling": S.STAND_UP_PADDLING, "Surfing": S.SURFING, "Swim": S.SWIM,
    "TableTennis": S.TABLE_TENNIS, "Tennis": S.TENNIS, "TrailRun": S.TRAIL_RUN,
    "Velomobile": S.RIDE, "VirtualRide": S.VIRTUAL_RIDE, "VirtualRow": S.INDOOR_ROWING,
    "VirtualRun": S.VIRTUAL_RUN, "Volleyball": S.VOLLEYBALL, "Walk": S.WALK,
    "WeightTraining": S.STRENGTH_TRAINING, "Wheelchair": S.WHEELCHAIR, "Windsurf": S.WINDSURFING,
    "Workout": S.CARDIO, "Yoga": S.YOGA,
}  # fmt: skip

VIRTUAL = ("VirtualRide", "VirtualRow", "VirtualRun")
