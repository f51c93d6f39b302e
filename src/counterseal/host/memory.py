"""The collector of cyclic garbage, which finds nothing in many records and walks all of them each time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let no cyclic garbage be collected inside; what is not in a cycle is freed at once as ever.

    What was made inside is not walked afterwards either, for as long as the process lives.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()
