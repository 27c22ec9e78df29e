"""Terra's numbers for activities, and what they are in the unified vocabulary."""

from pierre_mcp.models import SportType

S = SportType

# The enumeration of the official description (2026-11). Those without a place in the vocabulary
# stand with their name and become "other", rides in a car among them.
SPORTS: dict[int, SportType | str] = {
    0: "In Vehicle", 1: S.RIDE, 3: "Still", 4: "Unknown", 5: "Tilting", 7: S.WALK, 8: S.RUN,
    9: S.CARDIO, 10: S.BADMINTON, 11: "Baseball", 12: S.BASKETBALL, 13: "Biathlon",
    14: S.HANDCYCLE, 15: S.MOUNTAIN_BIKE_RIDE, 16: S.RIDE, 17: S.INDOOR_RIDE, 18: S.INDOOR_RIDE,
    19: S.RIDE, 20: S.BOXING, 21: S.STRENGTH_TRAINING, 22: S.HIIT, 23: S.CRICKET, 24: S.DANCE,
    25: S.ELLIPTICAL, 26: "Fencing", 27: "American Football", 28: "Australian Football",
    29: S.SOCCER, 30: "Frisbee", 31: "Gardening", 32: S.GOLF, 33: "Gymnastics", 34: "Handball",
    35: S.HIKE, 36: S.HOCKEY, 37: S.HORSE_RIDING, 38: "Housework", 39: S.JUMP_ROPE, 40: S.KAYAKING,
    41: S.STRENGTH_TRAINING, 42: S.MARTIAL_ARTS, 43: S.KITESURFING, 44: S.MARTIAL_ARTS,
    45: "Meditation", 46: S.MARTIAL_ARTS, 47: S.CARDIO, 48: "Paragliding", 49: S.PILATES,
    50: "Polo", 51: "Racquetball", 52: S.ROCK_CLIMBING, 53: S.ROWING, 54: S.INDOOR_ROWING,
    55: S.RUGBY, 56: S.RUN, 57: S.RUN, 58: S.TREADMILL_RUN, 59: S.SAILING, 60: "Scuba Diving",
    61: S.SKATEBOARD, 62: "Skating", 63: "Cross Skating", 64: S.INLINE_SKATE, 65: S.ALPINE_SKI,
    66: S.BACKCOUNTRY_SKI, 67: S.NORDIC_SKI, 68: S.ALPINE_SKI, 69: "Kite Skiing",
    70: "Roller Skiing", 71: "Sledding", 73: S.SNOWBOARD, 74: "Snowmobile", 75: S.SNOWSHOE,
    76: S.SQUASH, 77: S.STAIR_CLIMBING, 78: S.STAIR_CLIMBING, 79: S.STAND_UP_PADDLING,
    80: S.STRENGTH_TRAINING, 81: S.SURFING, 82: S.SWIM, 83: S.POOL_SWIM, 84: S.OPEN_WATER_SWIM,
    85: S.TABLE_TENNIS, 86: "Team Sports", 87: S.TENNIS, 88: "Treadmill", 89: S.VOLLEYBALL,
    90: S.VOLLEYBALL, 91: S.VOLLEYBALL, 92: "Wakeboarding", 93: S.WALK, 94: S.WALK, 95: S.WALK,
    96: "Water Polo", 97: S.STRENGTH_TRAINING, 98: S.WHEELCHAIR, 99: S.WINDSURFING, 100: S.YOGA,
    101: S.DANCE, 102: "Diving", 103: "Ergometer", 104: S.ICE_SKATE, 105: "Indoor Skating",
    106: "Curling", 108: "Other", 113: S.HIIT, 114: S.HIIT, 115: S.HIIT, 116: S.WALK,
    117: "Elevator", 118: "Escalator", 119: "Archery", 120: "Softball", 122: S.BREATHWORK,
    123: S.CARDIO, 124: "Lacrosse", 125: "Stretching", 126: S.MULTISPORT, 127: S.INLINE_SKATE,
    128: "Sky Diving", 129: "Paddling", 130: S.MOUNTAINEERING, 131: "Fishing",
    132: "Water Skiing", 133: S.RUN, 134: S.PADEL, 135: "Driving", 136: "Off-Road Driving",
    137: "Motorbiking", 138: "Motor Racing", 139: "Enduro", 140: S.CANOEING, 141: "Orienteering",
    142: "Hang Gliding", 143: "Flying", 144: "Hot Air Ballooning", 145: "Jet Skiing",
    146: "Power Boating", 147: "Gaelic Football", 148: "Hurling", 149: S.TRAIL_RUN,
    150: S.GRAVEL_RIDE, 151: S.MULTISPORT, 152: S.E_BIKE_RIDE, 153: S.E_BIKE_RIDE,
    154: "Physical Therapy",
}  # fmt: skip


def sport_of(code: int | None) -> tuple[SportType, str | None]:
    """The sport, and Terra's name or number of it where the vocabulary has no place for it."""
    known = None if code is None else SPORTS.get(code)
    if isinstance(known, SportType):
        return known, None
    return SportType.OTHER, known or (None if code is None else f"type {code}")
