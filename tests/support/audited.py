"""Runs the program with what follows on the command line; says what it did that reaches out of this process.

Python's audit events name every file that is opened or listed, every code that is executed and every way out.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

#: what no run has a reason for
FORBIDDEN = ("socket", "subprocess", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "ctypes",
             "urllib", "http", "smtplib", "pty", "webbrowser", "os.putenv", "os.kill", "pickle", "marshal.load",
             "code.__new__", "sys.addaudithook", "winreg", "shutil", "tempfile")  # fmt: skip
READING = ("open", "os.listdir", "os.scandir", "os.walk", "glob.glob", "pathlib.Path.glob")
CHANGING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink",
            "os.truncate", "os.utime")  # fmt: skip

sys.dont_write_bytecode = True
forbidden: list[str] = []
read: set[str] = set()
changed: set[str] = set()
executed: set[str] = set()
imported: set[str] = set()
known = {entry for entry in sys.path if entry}


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in READING and arguments and isinstance(arguments[0], (str, bytes, os.PathLike)):
        path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 -- a link by its own name
        writing = event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        (changed if writing else read).add(path)
    elif event in CHANGING:
        paths = [one for one in arguments[:2] if isinstance(one, (str, bytes, os.PathLike))]
        changed.update(os.path.abspath(os.fsdecode(one)) for one in paths)  # noqa: PTH100
    elif event == "exec":
        name = arguments[0].co_filename
        # a text has no file: what counts is who has it executed (dataclasses make their methods so)
        executed.add(f"text of {sys._getframe(1).f_code.co_filename}" if name.startswith("<") else name)  # noqa: SLF001
    elif event == "import" and isinstance(arguments[1], str):
        imported.add(arguments[1])
    elif event.startswith(FORBIDDEN) and not event.startswith("marshal.loads"):
        forbidden.append(f"{event} {arguments!r}"[:300])


if __name__ == "__main__":
    report = sys.argv.pop(1)
    import runpy

    sys.argv[0] = "tf2ms-opt"
    sys.addaudithook(hook)
    code: object = 0
    try:
        runpy.run_module("tf2ms_opt", run_name="__main__")
    except SystemExit as end:
        code = end.code
    told = {
        "code": code,
        "forbidden": list(forbidden),
        "read": sorted(read),
        "changed": sorted(changed),
        "executed": sorted(executed),
        "imported": sorted(imported),
        "modules": sorted(sys.modules),
    }
    with open(report, "w", encoding="utf-8") as stream:  # noqa: PTH123
        json.dump(told, stream)
