"""Gives up on work that takes too long: a time limit on what one file may cost a run.

It knows nothing of the work.  Where the system has no timer for it, or outside of the main thread, there is no limit.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 1.0  # the first attempt may be lost, where an exception is ignored (in a finalizer)


class TooLongError(BaseException):
    """The work was given up.  Not an ``Exception``: nothing on its way up may take it for a fault of the work."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooLongError


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise ``TooLongError`` in the block when this process has computed for ``seconds``; waiting does not count."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
