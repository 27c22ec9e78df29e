"""Garmin's words for sports, and what they are in the unified vocabulary."""

from pierre_mcp.models import SportType

S = SportType

# Keys of Garmin's activity types, as public integrations list them (2026-11). Words that the
# vocabulary has no place for, and any that Garmin adds, become "other" and keep the word.
SPORTS = {
    "running": S.RUN, "street_running": S.RUN, "ultra_run": S.RUN, "obstacle_run": S.RUN,
    "trail_running": S.TRAIL_RUN, "track_running": S.TRACK_RUN,
    "treadmill_running": S.TREADMILL_RUN, "indoor_running": S.TREADMILL_RUN,
    "virtual_run": S.VIRTUAL_RUN,
    "cycling": S.RIDE, "road_biking": S.RIDE, "track_cycling": S.RIDE, "recumbent_cycling": S.RIDE,
    "gravel_cycling": S.GRAVEL_RIDE, "cyclocross": S.GRAVEL_RIDE,
    "mountain_biking": S.MOUNTAIN_BIKE_RIDE, "downhill_biking": S.MOUNTAIN_BIKE_RIDE,
    "enduro_mtb": S.MOUNTAIN_BIKE_RIDE, "e_bike_fitness": S.E_BIKE_RIDE,
    "e_bike_mountain": S.E_BIKE_RIDE, "e_enduro_mtb": S.E_BIKE_RIDE,
    "indoor_cycling": S.INDOOR_RIDE, "virtual_ride": S.VIRTUAL_RIDE,
    "hand_cycling": S.HANDCYCLE, "indoor_hand_cycling": S.HANDCYCLE,
    "swimming": S.SWIM, "lap_swimming": S.POOL_SWIM, "open_water_swimming": S.OPEN_WATER_SWIM,
    "walking": S.WALK, "casual_walking": S.WALK, "speed_walking": S.WALK, "indoor_walking": S.WALK,
    "hiking": S.HIKE, "rucking": S.HIKE, "mountaineering": S.MOUNTAINEERING,
    "strength_training": S.STRENGTH_TRAINING, "hiit": S.HIIT, "indoor_cardio": S.CARDIO,
    "cardio_training": S.CARDIO, "fitness_equipment": S.CARDIO, "elliptical": S.ELLIPTICAL,
    "stair_climbing": S.STAIR_CLIMBING, "floor_climbing": S.STAIR_CLIMBING,
    "jump_rope": S.JUMP_ROPE, "rowing": S.ROWING, "rowing_v2": S.ROWING,
    "indoor_rowing": S.INDOOR_ROWING, "paddling": S.CANOEING, "paddling_v2": S.CANOEING,
    "kayaking": S.KAYAKING, "kayaking_v2": S.KAYAKING,
    "stand_up_paddleboarding": S.STAND_UP_PADDLING,
    "stand_up_paddleboarding_v2": S.STAND_UP_PADDLING,
    "surfing": S.SURFING, "surfing_v2": S.SURFING, "windsurfing": S.WINDSURFING,
    "windsurfing_v2": S.WINDSURFING, "wind_kite_surfing": S.KITESURFING,
    "kiteboarding": S.KITESURFING, "kiteboarding_v2": S.KITESURFING, "sailing": S.SAILING,
    "sailing_v2": S.SAILING, "resort_skiing": S.ALPINE_SKI,
    "resort_skiing_snowboarding_ws": S.ALPINE_SKI, "backcountry_skiing": S.BACKCOUNTRY_SKI,
    "backcountry_skiing_snowboarding_ws": S.BACKCOUNTRY_SKI,
    "cross_country_skiing_ws": S.NORDIC_SKI, "skate_skiing_ws": S.NORDIC_SKI,
    "resort_snowboarding": S.SNOWBOARD,
    "backcountry_snowboarding": S.SNOWBOARD, "snow_shoe_ws": S.SNOWSHOE,
    "skating_ws": S.ICE_SKATE, "inline_skating": S.INLINE_SKATE, "rock_climbing": S.ROCK_CLIMBING,
    "indoor_climbing": S.ROCK_CLIMBING, "bouldering": S.BOULDERING, "yoga": S.YOGA,
    "pilates": S.PILATES, "breathwork": S.BREATHWORK, "meditation": S.BREATHWORK,
    "dance": S.DANCE, "boxing": S.BOXING, "mixed_martial_arts": S.MARTIAL_ARTS,
    "soccer": S.SOCCER, "basketball": S.BASKETBALL, "volleyball": S.VOLLEYBALL,
    "hockey": S.HOCKEY, "ice_hockey": S.HOCKEY, "field_hockey": S.HOCKEY, "rugby": S.RUGBY,
    "tennis": S.TENNIS, "tennis_v2": S.TENNIS, "table_tennis": S.TABLE_TENNIS,
    "badminton": S.BADMINTON, "squash": S.SQUASH, "padel": S.PADEL, "pickleball": S.PICKLEBALL,
    "cricket": S.CRICKET, "golf": S.GOLF, "horseback_riding": S.HORSE_RIDING,
    "wheelchair_push_walk": S.WHEELCHAIR, "wheelchair_push_run": S.WHEELCHAIR,
    "multi_sport": S.MULTISPORT, "transition": S.TRANSITION, "transition_v2": S.TRANSITION,
    "swim_to_bike_transition": S.TRANSITION, "swim_to_bike_transition_v2": S.TRANSITION,
    "bike_to_run_transition": S.TRANSITION, "bike_to_run_transition_v2": S.TRANSITION,
    "run_to_bike_transition": S.TRANSITION, "run_to_bike_transition_v2": S.TRANSITION,
}  # fmt: skip

INDOORS = frozenset(
    {
        "treadmill_running", "indoor_running", "virtual_run", "indoor_cycling", "virtual_ride",
        "indoor_hand_cycling", "lap_swimming", "indoor_walking", "strength_training",
        "indoor_cardio", "elliptical", "stair_climbing", "indoor_rowing", "indoor_climbing",
    }
)  # fmt: skip

FAMILIES = {S.RUN: "running", S.RIDE: "cycling", S.SWIM: "swimming"}
"""What Garmin can filter a list by: its words for these sports and all their variants.

That every variant above has this parent is what public integrations list (2026-11).
"""
