"""Runs ``convert`` on files that change together and kills it at every step of its writing; the next run finishes it.

A step is a line of the modules that write, as in ``killed``.  What the files say to each other is found out once for
every state of the tree, and what a file becomes once for every text.
"""

from __future__ import annotations

import json
import os
import pickle
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
from tf2ms_opt.rulebook import Rulebook

WRITERS = ("tf2ms_opt/write.py", "tf2ms_opt/write_groups.py", "tf2ms_opt/unfinished.py")
NOTE = ".tf2ms-unfinished-"


def remember() -> None:
    convert, survey = running.convert_source, running.Converter._survey  # noqa: SLF001
    book, outcomes, surveys = Rulebook.of([]), {}, {}
    _ = book.loaded

    def converted(data: bytes, _rules: Any, options: Any, path: str) -> Any:
        key = (data, path, pickle.dumps(options))
        if key not in outcomes:
            outcomes[key] = convert(data, book.loaded, options, path)
        return outcomes[key]

    def surveyed(converter: running.Converter, files: Any) -> None:
        state = tuple((file.path, Path(file.real).read_bytes()) for file in files)
        names = ("_neighbours", "_silent", "_told", "_tried")
        if state in surveys:
            for name, value in zip(names, surveys[state], strict=True):
                setattr(converter, name, value)
        else:
            survey(converter, files)
            surveys[state] = tuple(getattr(converter, name) for name in names)

    running.convert_source, running.Converter._survey = converted, surveyed  # noqa: SLF001
    session.Rulebook.of = lambda _folders: book
    os.fsync = lambda _: None  # the process is killed, not the machine


class Steps:
    """Counts the lines of the modules that write, and ends the process with SIGKILL at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Steps | None:
        if not frame.f_code.co_filename.endswith(WRITERS):
            return None
        if event == "line":
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def run(tree: Path, last: int | None = None) -> int:
    """The status of a run in a process of its own, which is killed at the step ``last`` if it has that many."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    os.chdir(tree)
    if last is not None:
        sys.settrace(Steps(last))
    try:
        main(["convert", ".", "--no-cache"], standalone_mode=False)
    except SystemExit as end:
        sys.settrace(None)
        os._exit(int(end.code or 0))
    os._exit(99)


def texts(tree: Path) -> dict[str, bytes]:
    return {file.relative_to(tree).as_posix(): file.read_bytes() for file in tree.rglob("*") if file.is_file()}


def begin(original: Path, tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(original, tree)


def program() -> None:
    original, tree = Path(sys.argv[1]), Path(sys.argv[2])
    remember()
    begin(original, tree)
    os.chdir(tree)
    CliRunner().invoke(main, ["convert", ".", "--no-cache"])  # in this process, so that the others have it all
    before, after = texts(original), texts(tree)
    CliRunner().invoke(main, ["convert", ".", "--no-cache"])
    os.chdir(original)
    changed = [name for name in before if before[name] != after[name]]
    killed, wrong, states, noted = 0, [], set(), 0
    for step in range(100_000):
        begin(original, tree)
        status = run(tree, step)
        found = texts(tree)
        if not os.WIFSIGNALED(status):
            break
        killed += 1
        states.add(tuple(sorted(name for name in changed if found[name] == after[name])))
        half = len({found[name] == after[name] for name in changed}) > 1
        note = any(NOTE in name for name in found)
        noted += note
        wrong += [(step, name, "neither") for name in changed if found[name] not in (before[name], after[name])]
        wrong += [(step, "", "half written without a note")] if half and not note else []
        if note or step % 10 == 0:
            code = os.waitstatus_to_exitcode(run(tree))
            end = texts(tree)
            wrong += [(step, name, f"after a second run ({code})") for name in after if end.get(name) != after[name]]
            wrong += [(step, name, "is still there") for name in end if NOTE in name]
    result = {"killed": killed, "wrong": wrong, "states": sorted(states), "noted": noted, "changed": changed}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    program()
