"""What a command costs: CPU seconds of it and its children, seconds on the wall, and the most memory it held."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """``peak`` is in MiB, and that of the largest process where there are several."""

    cpu: float
    wall: float
    peak: float

    def without(self, other: Cost) -> Cost:
        """What is left of it when ``other`` has to be paid anyway."""
        return Cost(max(self.cpu - other.cpu, 0.001), max(self.wall - other.wall, 0.001), self.peak)


def cost(command: Sequence[str], environment: Mapping[str, str], runs: int) -> Cost:
    """The medians over ``runs``; output is thrown away and the exit code is not judged."""
    found = [_once(command, environment) for _ in range(runs)]
    return Cost(*(statistics.median(getattr(one, name) for one in found) for name in ("cpu", "wall", "peak")))


def _once(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0  # it has been waited for
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss / unit)


def script(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def tool(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tf2ms_opt", *arguments]
