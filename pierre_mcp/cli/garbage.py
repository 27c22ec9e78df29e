"""When Python looks for garbage: not while the server starts, and seldom while it serves.

What a start makes stays until the end, and looking through it again and again took a tenth of the
start and the slowest answers (docs/performance.md).
"""

import gc

_YOUNG = 20_000
"""So many new objects are waited for; an answer of fifty activities makes some hundreds."""


def put_off() -> None:
    """Look for none until ``settle``."""
    gc.disable()


def settle() -> None:
    """What is there now is here to stay; from now on look for what comes and goes."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
    gc.enable()
