"""WHOOP's words for sports, and what they are in the unified vocabulary."""

import re

from pierre_mcp.models import SportType

S = SportType

# sport_name is a lower-case word whose parts are joined by "-", "_" or "/"; the official
# description lists none. (The names of WHOOP's app and of public integrations, 2026-11.) Words
# without a place here, saunas and gaming among them, become "other" and keep the word.
SPORTS = {
    "assault bike": S.INDOOR_RIDE, "babywearing": S.WALK, "badminton": S.BADMINTON,
    "barry s": S.HIIT, "basketball": S.BASKETBALL, "box fitness": S.BOXING, "boxing": S.BOXING,
    "breathwork": S.BREATHWORK, "canoeing": S.CANOEING, "cricket": S.CRICKET,
    "cross country skiing": S.NORDIC_SKI, "cycling": S.RIDE, "dance": S.DANCE,
    "dog walking": S.WALK, "duathlon": S.MULTISPORT, "elliptical": S.ELLIPTICAL,
    "f45 training": S.HIIT, "field hockey": S.HOCKEY, "functional fitness": S.HIIT,
    "golf": S.GOLF, "hiit": S.HIIT, "hiking": S.HIKE, "hiking rucking": S.HIKE,
    "horseback riding": S.HORSE_RIDING, "hot yoga": S.YOGA, "ice hockey": S.HOCKEY,
    "ice skating": S.ICE_SKATE, "inline skating": S.INLINE_SKATE, "jiu jitsu": S.MARTIAL_ARTS,
    "jumping rope": S.JUMP_ROPE, "kayaking": S.KAYAKING, "kickboxing": S.MARTIAL_ARTS,
    "kite boarding": S.KITESURFING, "martial arts": S.MARTIAL_ARTS,
    "mountain biking": S.MOUNTAIN_BIKE_RIDE, "muay thai": S.MARTIAL_ARTS, "padel": S.PADEL,
    "paddleboarding": S.STAND_UP_PADDLING, "pickleball": S.PICKLEBALL, "pilates": S.PILATES,
    "powerlifting": S.STRENGTH_TRAINING, "rock climbing": S.ROCK_CLIMBING, "rowing": S.ROWING,
    "rucking": S.HIKE, "rugby": S.RUGBY, "running": S.RUN, "sailing": S.SAILING,
    "skateboarding": S.SKATEBOARD, "skiing": S.ALPINE_SKI, "snowboarding": S.SNOWBOARD,
    "soccer": S.SOCCER, "spin": S.INDOOR_RIDE, "squash": S.SQUASH,
    "stadium steps": S.STAIR_CLIMBING, "stairmaster": S.STAIR_CLIMBING,
    "strength trainer": S.STRENGTH_TRAINING, "stroller jogging": S.RUN,
    "stroller walking": S.WALK, "surfing": S.SURFING, "swimming": S.SWIM,
    "table tennis": S.TABLE_TENNIS, "tennis": S.TENNIS, "triathlon": S.MULTISPORT,
    "volleyball": S.VOLLEYBALL, "walking": S.WALK, "weightlifting": S.STRENGTH_TRAINING,
    "weightlifting msk": S.STRENGTH_TRAINING, "wheelchair pushing": S.WHEELCHAIR,
    "wrestling": S.MARTIAL_ARTS, "yoga": S.YOGA,
}  # fmt: skip

_LONGEST_WORD = 60
_JOINTS = re.compile(r"[^a-z0-9]+")


def sport_of(word: object) -> SportType | None:
    """The sport that a word means, however its parts are joined."""
    if not isinstance(word, str) or len(word) > _LONGEST_WORD:
        return None
    return SPORTS.get(_JOINTS.sub(" ", word.lower()).strip())
