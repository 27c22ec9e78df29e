"""The words of file formats for sports, and what they are in the unified vocabulary."""

from pierre_mcp.models import SportType

S = SportType

_FIT_SPORTS = {
    "running": S.RUN, "cycling": S.RIDE, "e_biking": S.E_BIKE_RIDE, "swimming": S.SWIM,
    "walking": S.WALK, "hiking": S.HIKE, "mountaineering": S.MOUNTAINEERING, "training": S.CARDIO,
    "fitness_equipment": S.CARDIO, "rowing": S.ROWING, "paddling": S.CANOEING,
    "kayaking": S.KAYAKING, "stand_up_paddleboarding": S.STAND_UP_PADDLING, "surfing": S.SURFING,
    "windsurfing": S.WINDSURFING, "kitesurfing": S.KITESURFING, "sailing": S.SAILING,
    "alpine_skiing": S.ALPINE_SKI, "cross_country_skiing": S.NORDIC_SKI,
    "snowboarding": S.SNOWBOARD, "snowshoeing": S.SNOWSHOE, "ice_skating": S.ICE_SKATE,
    "inline_skating": S.INLINE_SKATE, "rock_climbing": S.ROCK_CLIMBING, "boxing": S.BOXING,
    "mixed_martial_arts": S.MARTIAL_ARTS, "dance": S.DANCE, "soccer": S.SOCCER,
    "basketball": S.BASKETBALL, "volleyball": S.VOLLEYBALL, "hockey": S.HOCKEY, "rugby": S.RUGBY,
    "tennis": S.TENNIS, "racket": S.TENNIS, "cricket": S.CRICKET, "golf": S.GOLF,
    "horseback_riding": S.HORSE_RIDING, "hiit": S.HIIT, "jump_rope": S.JUMP_ROPE,
    "wheelchair_push_walk": S.WHEELCHAIR, "wheelchair_push_run": S.WHEELCHAIR,
    "multisport": S.MULTISPORT, "transition": S.TRANSITION, "meditation": S.BREATHWORK,
}  # fmt: skip

_FIT_SUB_SPORTS = {
    "treadmill": S.TREADMILL_RUN, "trail": S.TRAIL_RUN, "track": S.TRACK_RUN,
    "indoor_running": S.TREADMILL_RUN, "indoor_cycling": S.INDOOR_RIDE, "spin": S.INDOOR_RIDE,
    "mountain": S.MOUNTAIN_BIKE_RIDE, "downhill": S.MOUNTAIN_BIKE_RIDE,
    "gravel_cycling": S.GRAVEL_RIDE, "cyclocross": S.GRAVEL_RIDE, "mixed_surface": S.GRAVEL_RIDE,
    "hand_cycling": S.HANDCYCLE, "indoor_hand_cycling": S.HANDCYCLE,
    "e_bike_fitness": S.E_BIKE_RIDE, "e_bike_mountain": S.E_BIKE_RIDE,
    "lap_swimming": S.POOL_SWIM, "open_water": S.OPEN_WATER_SWIM,
    "strength_training": S.STRENGTH_TRAINING, "cardio_training": S.CARDIO, "yoga": S.YOGA,
    "pilates": S.PILATES, "hiit": S.HIIT, "breathing": S.BREATHWORK, "elliptical": S.ELLIPTICAL,
    "stair_climbing": S.STAIR_CLIMBING, "indoor_rowing": S.INDOOR_ROWING,
    "backcountry": S.BACKCOUNTRY_SKI, "skate_skiing": S.NORDIC_SKI, "bouldering": S.BOULDERING,
    "indoor_climbing": S.ROCK_CLIMBING, "table_tennis": S.TABLE_TENNIS, "padel": S.PADEL,
    "pickleball": S.PICKLEBALL, "squash": S.SQUASH, "badminton": S.BADMINTON,
}  # fmt: skip

_INDOOR_SUB_SPORTS = frozenset(
    {
        "treadmill", "indoor_running", "indoor_cycling", "spin", "lap_swimming", "indoor_rowing",
        "indoor_climbing", "indoor_hand_cycling", "elliptical", "stair_climbing",
        "strength_training", "cardio_training", "virtual_activity", "indoor_walking", "yoga",
        "pilates",
    }
)  # fmt: skip

_WORDS = {
    "running": S.RUN, "run": S.RUN, "jogging": S.RUN, "trail running": S.TRAIL_RUN,
    "trail run": S.TRAIL_RUN, "virtual run": S.VIRTUAL_RUN, "treadmill": S.TREADMILL_RUN,
    "biking": S.RIDE, "cycling": S.RIDE, "ride": S.RIDE, "bike": S.RIDE, "road biking": S.RIDE,
    "virtual ride": S.VIRTUAL_RIDE, "gravel ride": S.GRAVEL_RIDE, "e bike ride": S.E_BIKE_RIDE,
    "mountain biking": S.MOUNTAIN_BIKE_RIDE, "mountain bike ride": S.MOUNTAIN_BIKE_RIDE,
    "indoor cycling": S.INDOOR_RIDE, "swimming": S.SWIM, "swim": S.SWIM,
    "open water swimming": S.OPEN_WATER_SWIM, "walking": S.WALK, "walk": S.WALK, "hiking": S.HIKE,
    "hike": S.HIKE, "rowing": S.ROWING, "kayaking": S.KAYAKING, "canoeing": S.CANOEING,
    "stand up paddling": S.STAND_UP_PADDLING, "stand up paddleboarding": S.STAND_UP_PADDLING,
    "surfing": S.SURFING, "windsurf": S.WINDSURFING, "kitesurf": S.KITESURFING,
    "sail": S.SAILING, "nordic ski": S.NORDIC_SKI, "cross country skiing": S.NORDIC_SKI,
    "alpine ski": S.ALPINE_SKI, "backcountry ski": S.BACKCOUNTRY_SKI, "snowboard": S.SNOWBOARD,
    "snowshoe": S.SNOWSHOE, "ice skate": S.ICE_SKATE, "inline skate": S.INLINE_SKATE,
    "weight training": S.STRENGTH_TRAINING, "strength training": S.STRENGTH_TRAINING,
    "workout": S.CARDIO, "crossfit": S.HIIT, "high intensity interval training": S.HIIT,
    "yoga": S.YOGA, "pilates": S.PILATES, "elliptical": S.ELLIPTICAL,
    "stair stepper": S.STAIR_CLIMBING, "rock climbing": S.ROCK_CLIMBING, "golf": S.GOLF,
    "soccer": S.SOCCER, "tennis": S.TENNIS, "badminton": S.BADMINTON, "squash": S.SQUASH,
    "pickleball": S.PICKLEBALL, "table tennis": S.TABLE_TENNIS, "handcycle": S.HANDCYCLE,
    "wheelchair": S.WHEELCHAIR, "skateboard": S.SKATEBOARD, "multisport": S.MULTISPORT,
    "other": S.OTHER,
}  # fmt: skip


def fit_sport(sport: str | None, sub_sport: str | None) -> tuple[SportType, str | None]:
    """The sport of a FIT session, and its words where the vocabulary has no place for them."""
    if sub_sport == "virtual_activity":
        virtual = {"running": S.VIRTUAL_RUN, "cycling": S.VIRTUAL_RIDE}.get(sport or "")
        if virtual is not None:
            return virtual, None
    known = _FIT_SUB_SPORTS.get(sub_sport or "") or _FIT_SPORTS.get(sport or "")
    if known is not None:
        return known, None
    words = "/".join(word for word in (sport, sub_sport) if word and word != "generic")
    return S.OTHER, words or None


def is_indoors(sub_sport: str | None) -> bool | None:
    """Whether the sub-sport is one of rooms and pools; ``None`` when it does not tell."""
    return True if sub_sport in _INDOOR_SUB_SPORTS else None


def sport_of_words(words: str | None) -> tuple[SportType, str | None]:
    """The sport that a name in a TCX, GPX or export file means, else other with the name."""
    if not words:
        return S.OTHER, None
    key = " ".join(words.replace("_", " ").replace("-", " ").lower().split())
    known = _WORDS.get(key)
    return (known, None) if known is not None else (S.OTHER, words)
