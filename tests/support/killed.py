"""Runs ``convert`` on a tree again and again and kills it at every step of its writing; each time the tree is checked.

A step is a line of the modules that write, or a call of C code in them (a system call among others).  The process is
forked for each step, so that hundreds of runs take seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from click.testing import CliRunner

from tf2ms_opt import run as running
from tf2ms_opt import session
from tf2ms_opt.cli import main
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.rulebook import Rulebook
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.runtime_module import held

WRITERS = ("tf2ms_opt/write.py", "tf2ms_opt/runtime_files.py")


class Steps:
    """Counts the steps of this process, and ends it with SIGKILL at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, frame: FrameType, _event: str, _argument: Any) -> Steps | None:
        if frame.f_code.co_filename.endswith(WRITERS):
            self.count()
            return self
        return None

    def profile(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event.startswith("c_") and frame.f_code.co_filename.endswith(WRITERS):
            self.count()

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(tree: Path, last: int) -> int:
    """The status of a run that is killed at the step ``last``, if it has that many."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    steps = Steps(last)
    sys.setprofile(steps.profile)
    sys.settrace(steps)
    try:
        main([*sys.argv[3:], str(tree)], standalone_mode=False)
    except SystemExit as end:
        sys.settrace(None)
        sys.setprofile(None)
        os._exit(int(end.code or 0))
    os._exit(99)


def remember() -> None:
    """What a file becomes is computed once: killing is about writing."""
    convert, known = running.convert_source, {}
    book = Rulebook.of([])
    _ = book.loaded

    def converted(data: bytes, _rules: RuleSet, options: Options, path: str) -> Outcome:
        if (data, path) not in known:
            known[data, path] = convert(data, book.loaded, options, path)
        return known[data, path]

    running.convert_source = converted
    running.Converter._look = lambda _converter, _file: running._Look()  # noqa: SLF001
    session.Rulebook.of = lambda _folders: book


def texts(tree: Path) -> dict[str, bytes]:
    return {file.relative_to(tree).as_posix(): file.read_bytes() for file in tree.rglob("*") if file.is_file()}


def is_whole(name: str, text: bytes) -> bool:
    """Whether it is the runtime module of the files that are converted so far."""
    return name.endswith("tf2ms_runtime.py") and bool(held(text.decode()))


def begin(original: Path, tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(original, tree)


def ends(original: Path, tree: Path) -> tuple[dict[str, bytes], int]:
    """The tree as a whole run leaves it, and that run's exit code."""
    begin(original, tree)
    code = os.waitstatus_to_exitcode(run(tree, sys.maxsize))
    return texts(tree), code


def program() -> None:
    original, tree = Path(sys.argv[1]), Path(sys.argv[2])
    remember()
    begin(original, tree)
    CliRunner().invoke(main, [*sys.argv[3:], str(tree)])  # in this process, so that the others have it all
    before, (after, code) = texts(original), ends(original, tree)
    killed, wrong, states, leftovers = 0, [], set(), 0
    for step in range(100_000):
        begin(original, tree)
        status = run(tree, step)
        found = texts(tree)
        rest = {name for name in found if name.rpartition("/")[2].startswith(".tf2ms-")}
        leftovers += bool(rest)
        wrong += [
            (step, name)
            for name, text in found.items()
            if name not in rest and text not in (before.get(name), after.get(name)) and not is_whole(name, text)
        ]
        wrong += [(step, name) for name in before if name not in found]
        states.add(tuple(sorted(name for name in after if found.get(name) == after[name])))
        # a file that is converted never stands there without the module that it imports
        if found.get("a.py") == after["a.py"] != before["a.py"] and found.get("tf2ms_runtime.py") is None:
            wrong.append((step, "tf2ms_runtime.py"))
        if not os.WIFSIGNALED(status):
            code = os.waitstatus_to_exitcode(status)
            break
        killed += 1
        if step % 8:
            continue
        run(tree, sys.maxsize)
        wrong += [(step, f"{name} after a second run") for name in after if texts(tree).get(name) != after[name]]
    result = {"killed": killed, "wrong": wrong, "states": len(states), "code": code, "left": leftovers}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    program()
