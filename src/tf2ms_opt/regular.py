"""Reads the files that a run is told by: settings, patterns, requirements, rules, modules of ours.

A name may lead to anything: a pipe that nobody writes to, a device without an end.  What a file says is for others.
"""

from __future__ import annotations

import os
import stat
from errno import EFBIG, EINVAL
from pathlib import Path

#: no file that people write for a tool comes near it
_MOST = 16_000_000


def read(file: Path) -> bytes:
    """The bytes of a regular file, which may be reached through links; raises ``OSError`` for all else."""
    # without O_NONBLOCK, opening a pipe would wait for somebody who writes to it
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, "not a regular file", str(file))
        if status.st_size > _MOST:
            raise OSError(EFBIG, f"larger than {_MOST // 1_000_000} MB", str(file))
        return stream.read()
