"""What documents show of the program: its output as on a terminal without colours, in a block of code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(*arguments: str, cwd: Path, expected: int, columns: int = 120) -> subprocess.CompletedProcess[str]:
    """The command line in a directory; raises ``RuntimeError`` where its exit code is not the expected one."""
    terminal = {"COLUMNS": str(columns), "FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}
    done = subprocess.run(  # noqa: S603 -- our own program with our own arguments
        [sys.executable, "-m", "tf2ms_opt", *arguments],
        cwd=cwd, env={**os.environ, **terminal, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode != expected:
        raise RuntimeError(f"{' '.join(arguments)} exits {done.returncode}, not {expected}:\n{done.stderr}")
    return done


def fenced(language: str, text: str) -> str:
    """``text`` as a block of code; white space at the end of a line is of no use there."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join([f"```{language}", *lines, "```"])
