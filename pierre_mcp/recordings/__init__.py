"""FIT, TCX and GPX recordings as unified values; bytes in, values out.

For the provider that reads a folder and for any vendor that serves files. Whatever the bytes are,
the outcome is a ``Recording`` or a ``RecordingError``; what could be read is used, and what could
not is said.
"""

import zlib

from pierre_mcp.errors import RecordingError
from pierre_mcp.recordings.fit import read_fit
from pierre_mcp.recordings.gpx import read_gpx
from pierre_mcp.recordings.parts import parts_of
from pierre_mcp.recordings.recording import Recording
from pierre_mcp.recordings.tcx import read_tcx
from pierre_mcp.recordings.xml import as_text, root_name

__all__ = ["MAX_BYTES", "Recording", "parts_of", "read_recording", "unpack"]

MAX_BYTES = 50_000_000
"""The largest recording that is read, after decompression."""

_MAX_RATIO = 100
_SMALL = 1_000_000
"""Below this size any compression ratio is harmless."""


def read_recording(content: bytes, *, provider: str, record_id: str) -> Recording:
    """What a file holds; its format is told from its bytes, and gzip is undone.

    A single activity gets ``record_id`` as its id, several get it with ``-1``, ``-2`` ...
    Raises ``RecordingError`` with the reason when nothing in it is readable.
    """
    content = unpack(content)
    if len(content) > MAX_BYTES:
        raise RecordingError(f"larger than {MAX_BYTES // 1_000_000} MB")
    if not content.strip(b"\0 \r\n\t"):
        raise RecordingError("empty")
    if b".FIT" in content[:14]:
        return read_fit(content, provider=provider, record_id=record_id)
    text = as_text(content)
    match root_name(text):
        case "gpx":
            return read_gpx(text, provider=provider, record_id=record_id)
        case "TrainingCenterDatabase":
            return read_tcx(text, provider=provider, record_id=record_id)
        case _:
            raise RecordingError("not a FIT, TCX or GPX file")


def unpack(content: bytes) -> bytes:
    """The bytes without gzip, if they are compressed; raises ``RecordingError`` for a bomb."""
    if content[:2] != b"\x1f\x8b":
        return content
    limit = min(MAX_BYTES, max(_SMALL, len(content) * _MAX_RATIO))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, limit + 1)
    except zlib.error:
        raise RecordingError("damaged gzip data") from None
    if len(unpacked) > limit:
        raise RecordingError("expands to more than a recording can be")
    return unpacked
