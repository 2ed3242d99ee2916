"""An attempt to see a mutant, in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

SECONDS = 90  # a mutant that goes in circles is told from the original by that


def survives(attempt: Callable[[], bool]) -> bool:
    """Whether ``attempt``, in a process of its own, sees nothing."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    signal.alarm(SECONDS)
    try:
        seen = attempt()
    except BaseException:  # noqa: BLE001 -- a mutant that cannot even run is seen
        seen = True
    os._exit(int(seen))
