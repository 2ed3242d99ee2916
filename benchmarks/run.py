"""Prints what the tool costs on a tree of Python files, as ratios to what any tool has to pay on the same tree.

    python benchmarks/run.py TREE [--json]

CPU seconds of whole processes (user and system, children included), the median of five runs.  Ratios hold on a busy
machine where seconds do not; the budgets are those of the design.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

RUNS = 5

BYTE_SEARCH = """
import os, re, sys
word = re.compile(rb"RMSprop|RMSPropOptimizer|rmsprop")
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                word.search(file.read())
"""

LIBCST = """
import sys
import libcst
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        libcst.parse_module(file.read()).bytes
"""

ENGINE = """
import sys
from tf2ms_opt.engine import convert_source
from tf2ms_opt.ruleset import load
rules = load()
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        convert_source(file.read(), rules, path=name)
"""


def cpu(command: Sequence[str]) -> float:
    """The median CPU seconds of ``command``; its output is thrown away and its exit code is not judged."""
    times = []
    for _ in range(RUNS):
        before = os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(times)


def script(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def tool(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tf2ms_opt", *arguments]


def split(tree: Path, without: Path) -> list[str]:
    """Copy the files without a candidate to ``without``; the others are returned."""
    from tf2ms_opt.engine import has_candidate
    from tf2ms_opt.ruleset import load

    rules = load()
    candidates = []
    for number, path in enumerate(sorted(tree.rglob("*.py"))):
        if has_candidate(path.read_bytes(), rules):
            candidates.append(str(path))
        else:
            folder = without / str(number // 500)
            folder.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / f"{number}.py")
    return candidates


def converted(paths: Sequence[str]) -> list[str]:
    """Those of ``paths`` that the engine converts."""
    from tf2ms_opt.engine import convert_source
    from tf2ms_opt.ruleset import load

    rules = load()
    return [path for path in paths if convert_source(Path(path).read_bytes(), rules, path=path).changed]


def measure(tree: Path) -> list[dict[str, object]]:
    """One row a budget: what was measured, against what, the ratio and its bound."""
    idle = cpu(script("pass"))
    with tempfile.TemporaryDirectory() as folder:
        without = Path(folder)
        changing = converted(split(tree, without))
        count = sum(1 for _ in without.rglob("*.py"))
        one = next(without.rglob("*.py"), None)
        search = cpu(script(BYTE_SEARCH, str(without)))
        check = cpu(tool("check", str(without)))
        rows = [row(f"{count} files without candidates / byte search", check, search, 3.0)]
        if changing:
            parse = cpu(script(LIBCST, *changing)) - cpu(script("import libcst"))
            engine = cpu(script(ENGINE, *changing)) - cpu(script(ENGINE))
            rows.append(row(f"{len(changing)} converted files / libcst parse and print", engine, parse, 4.0))
        rows.append(row("--version, seconds", cpu(tool("--version")), 1.0, 0.10))
        if one is not None:
            rows.append(row("one file without candidates, seconds", cpu(tool("check", str(one))), 1.0, 0.15))
    rows.append(row("an empty interpreter, seconds", idle, 1.0, None))
    return rows


def row(name: str, value: float, base: float, bound: float | None) -> dict[str, object]:
    return {"what": name, "cpu": round(value, 3), "ratio": round(value / base, 2), "budget": bound}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("tree", type=Path, help="a folder with Python files; installed packages serve")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    arguments = parser.parse_args()
    rows = measure(arguments.tree)
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for entry in rows:
        bound = f"budget {entry['budget']}" if entry["budget"] is not None else ""
        print(f"{entry['what']:<60} {entry['cpu']:>8} CPU s  {entry['ratio']:>7}  {bound}")


if __name__ == "__main__":
    main()
