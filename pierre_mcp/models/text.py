"""Text that strangers wrote, made safe to show: names, notes, devices, gear.

It is data and never an instruction. What cannot be seen or changes how other text is read is
removed; nothing else is altered.
"""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidi, zero-width, tag), surrogate, private, unassigned, line and paragraph."""


def clean_text(value: object, limit: int = 200) -> str | None:
    """``value`` as one visible line of at most ``limit`` characters; ``None`` when nothing is left.

    Control characters that separate words (tabs, line ends) become a space. Anything but text
    is ``None``.
    """
    if not isinstance(value, str):
        return None
    if len(value) <= limit and value.isprintable():
        # Nearly every text is: printable means that nothing in it is invisible.
        return " ".join(value.split()) or None
    # A multiple of the limit bounds the work on a name of a million characters.
    visible = "".join(
        " " if character.isspace() else character
        for character in value[: limit * 20]
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    return " ".join(visible.split())[:limit].rstrip() or None
