"""A small FIT encoder for tests: definitions, data messages, developer fields, checksums.

Written from the public description of the protocol; field numbers are those of the profile.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

EPOCH = datetime(1989, 12, 31, tzinfo=UTC)

ENUM, UINT8, UINT16, UINT32, SINT32, STRING, SINT16 = 0x00, 0x02, 0x84, 0x86, 0x85, 0x07, 0x83
_FORMATS = {ENUM: "B", UINT8: "B", UINT16: "H", UINT32: "I", SINT32: "i", SINT16: "h"}
_INVALID = {ENUM: 0xFF, UINT8: 0xFF, UINT16: 0xFFFF, UINT32: 0xFFFFFFFF, SINT32: 0x7FFFFFFF,
            SINT16: 0x7FFF}  # fmt: skip

FILE_ID, SESSION, LAP, RECORD, EVENT, ACTIVITY, WEIGHT = 0, 18, 19, 20, 21, 34, 30
DEVELOPER_ID, FIELD_DESCRIPTION = 207, 206
MONITORING_HR, HRV_STATUS, TIME_IN_ZONE = 211, 370, 216

FIELDS = {
    FILE_ID: {"type": (0, ENUM), "manufacturer": (1, UINT16), "product": (2, UINT16),
              "time_created": (4, UINT32)},
    RECORD: {"timestamp": (253, UINT32), "lat": (0, SINT32), "lon": (1, SINT32),
             "altitude": (2, UINT16), "heart_rate": (3, UINT8), "cadence": (4, UINT8),
             "distance": (5, UINT32), "speed": (6, UINT16), "power": (7, UINT16),
             "fractional_cadence": (53, UINT8), "enhanced_speed": (73, UINT32)},
    SESSION: {"timestamp": (253, UINT32), "start_time": (2, UINT32), "sport": (5, ENUM),
              "sub_sport": (6, ENUM), "elapsed": (7, UINT32), "timer": (8, UINT32),
              "distance": (9, UINT32), "calories": (11, UINT16), "avg_hr": (16, UINT8),
              "max_hr": (17, UINT8), "avg_cadence": (18, UINT8), "avg_power": (20, UINT16),
              "max_power": (21, UINT16), "ascent": (22, UINT16), "np": (34, UINT16),
              "avg_speed": (14, UINT16)},
    LAP: {"timestamp": (253, UINT32), "start_time": (2, UINT32), "elapsed": (7, UINT32),
          "timer": (8, UINT32), "distance": (9, UINT32), "avg_hr": (15, UINT8)},
    EVENT: {"timestamp": (253, UINT32), "event": (0, ENUM), "event_type": (1, ENUM)},
    ACTIVITY: {"timestamp": (253, UINT32), "local_timestamp": (5, UINT32)},
    MONITORING_HR: {"timestamp": (253, UINT32), "resting": (0, UINT8), "day_resting": (1, UINT8)},
    HRV_STATUS: {"timestamp": (253, UINT32), "weekly": (0, UINT16), "last_night": (1, UINT16)},
    TIME_IN_ZONE: {"of": (0, UINT16), "index": (1, UINT16), "hr_times": (2, UINT32),
                   "hr_bounds": (6, UINT8)},
    WEIGHT: {"timestamp": (253, UINT32), "weight": (0, UINT16), "percent_fat": (1, UINT16)},
}  # fmt: skip


def seconds(moment: datetime) -> int:
    """FIT's count of seconds."""
    return int((moment - EPOCH).total_seconds())


def semicircles(degrees: float) -> int:
    return round(degrees * 2**31 / 180)


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value >> 8 ^ _CRCS[(value ^ byte) & 0xFF]
    return value


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRCS = [_crc_of(byte) for byte in range(256)]


def message(number: int, values: dict, developer: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """A definition and one data message; ``None`` writes the protocol's "no value".

    A tuple is an array.
    """
    fields = [(FIELDS[number][name], value) for name, value in values.items()]
    head = 0x60 if developer else 0x40
    definition = struct.pack("<BBBHB", head, 0, 0, number, len(fields))
    body = b"\x00"
    for (field_number, base), value in fields:
        parts = value if isinstance(value, tuple) else (value,)
        form = f"<{len(parts)}{_FORMATS[base]}"
        definition += struct.pack("<BBB", field_number, struct.calcsize(form), base)
        body += struct.pack(form, *(_INVALID[base] if part is None else part for part in parts))
    if developer:
        definition += struct.pack("<B", len(developer))
        for field_number, raw in developer:
            definition += struct.pack("<BBB", field_number, len(raw), 0)
            body += raw
    return definition + body


def describe_developer_field(number: int, base: int, name: str, units: str) -> bytes:
    """The two messages that introduce a developer's field of application 0."""
    application = struct.pack("<BBBHB", 0x40, 0, 0, DEVELOPER_ID, 2)
    application += struct.pack("<BBB", 1, 16, 0x0D) + struct.pack("<BBB", 3, 1, UINT8)
    application += b"\x00" + bytes(range(16)) + b"\x00"
    named, unit = name.encode() + b"\0", units.encode() + b"\0"
    field = struct.pack("<BBBHB", 0x40, 0, 0, FIELD_DESCRIPTION, 5)
    field += struct.pack("<BBB", 0, 1, UINT8) + struct.pack("<BBB", 1, 1, UINT8)
    field += struct.pack("<BBB", 2, 1, UINT8) + struct.pack("<BBB", 3, len(named), STRING)
    field += struct.pack("<BBB", 8, len(unit), STRING)
    field += b"\x00" + struct.pack("<BBB", 0, number, base) + named + unit
    return application + field


def file(*messages: bytes) -> bytes:
    """A whole FIT file around the messages."""
    data = b"".join(messages)
    header = struct.pack("<BBHI4s", 14, 0x20, 2132, len(data), b".FIT")
    header += struct.pack("<H", crc(header))
    return header + data + struct.pack("<H", crc(header + data))


def file_id(kind: int = 4) -> bytes:
    return message(FILE_ID, {"type": kind, "manufacturer": 1, "product": 2697})


def ride(
    start: datetime, samples: int = 120, *, sport: int = 2, sub_sport: int = 0, **session
) -> bytes:
    """A plain activity: 8 m/s, 120 to 140 bpm, 200 W, one lap, a sample a second."""
    begin = seconds(start)
    records = [
        message(
            RECORD,
            {
                "timestamp": begin + i,
                "lat": semicircles(47.0 + i * 0.00007),
                "lon": semicircles(8.0),
                "altitude": int((400 + i / 10 + 500) * 5),
                "heart_rate": 120 + i % 21,
                "cadence": 85,
                "distance": i * 800,
                "speed": 8000,
                "power": 200,
            },
        )
        for i in range(samples)
    ]
    totals = {
        "timestamp": begin + samples,
        "start_time": begin,
        "sport": sport,
        "sub_sport": sub_sport,
        "elapsed": samples * 1000,
        "timer": samples * 1000,
        "distance": samples * 800,
        "calories": 40,
        "avg_hr": 130,
        "max_hr": 140,
        "avg_power": 200,
        "max_power": 200,
        "ascent": 12,
    } | session
    lap = {"timestamp": begin + samples, "start_time": begin, "elapsed": samples * 1000,
           "timer": samples * 1000, "distance": samples * 800, "avg_hr": 130}  # fmt: skip
    return b"".join([*records, message(LAP, lap), message(SESSION, totals)])
