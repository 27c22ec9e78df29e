"""COROS's numbers for sports, and what they are in the unified vocabulary."""

from pierre_mcp.models import SportType

S = SportType

# Mode and submode; a submode that is not here has the sport of its mode. (Public integrations,
# 2026-11.) Modes without a place here become "other" and keep their numbers.
_BY_SUBMODE = {
    (8, 2): S.TREADMILL_RUN, (9, 2): S.INDOOR_RIDE, (10, 1): S.OPEN_WATER_SWIM,
    (10, 2): S.POOL_SWIM, (21, 2): S.SNOWBOARD,
}  # fmt: skip
_BY_MODE = {
    8: S.RUN, 9: S.RIDE, 10: S.SWIM, 13: S.MULTISPORT, 14: S.MOUNTAINEERING, 15: S.TRAIL_RUN,
    16: S.HIKE, 18: S.CARDIO, 19: S.NORDIC_SKI, 20: S.TRACK_RUN, 21: S.ALPINE_SKI,
    23: S.STRENGTH_TRAINING, 24: S.ROWING, 29: S.BACKCOUNTRY_SKI, 31: S.WALK, 33: S.ROCK_CLIMBING,
    34: S.JUMP_ROPE,
}  # fmt: skip


def sport_of(mode: object, submode: object) -> tuple[SportType, str | None]:
    """The sport, and COROS's numbers where the vocabulary has no place for it."""
    if type(mode) is not int:
        return S.OTHER, None
    if type(submode) is int and (mode, submode) in _BY_SUBMODE:
        return _BY_SUBMODE[mode, submode], None
    known = _BY_MODE.get(mode)
    if known is not None:
        return known, None
    numbers = [number for number in (mode, submode) if type(number) is int and abs(number) < 10**6]
    return S.OTHER, f"mode {' '.join(map(str, numbers))}" if numbers else None
