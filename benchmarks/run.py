"""What the tool costs on trees of Python files, beside what any tool has to pay there and what else could be run.

    python benchmarks/run.py TREE... [--json FILE] [--runs N] [--sample N] [--no-growth]

Installed packages serve as trees: ``.../site-packages/keras``.  Nothing is written into them.  Ratios within one run
hold on a busy machine where seconds do not; the budgets are ratios wherever they can be.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from costs import Cost, cost, script, tool
from growth import ENGINE, curves
from instead import BYTE_SEARCH, LIBCST, rivals

#: file names that a pre-commit hook is given at once
NAMES = 2000
#: files that two processes can share
SHARED = 100
#: CPU seconds of what is compared with, below which most of it is the start of Python
TOLD = 0.1
Points = list[tuple[int, Cost]]


@dataclass(frozen=True)
class Row:
    """One command: over how many files, and what it cost; ``said`` where it could not run."""

    what: str
    files: int
    cost: Cost | None
    said: str = ""

    @property
    def speed(self) -> float | None:
        """Files a CPU second."""
        return None if self.cost is None else self.files / self.cost.cpu


@dataclass(frozen=True)
class Budget:
    """``most`` is a bound from above, ``least`` one from below."""

    what: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def held(self) -> bool:
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


@dataclass(frozen=True)
class Trees:
    """Copies: every file, some of them, those without a word of the rules; and the paths of those to convert."""

    every: Path
    sample: Path
    without: Path
    words: Path
    converted: tuple[str, ...]


def laid_out(sources: Sequence[Path], folder: Path, sample: int) -> Trees:
    """The files of ``sources`` in folders of their own, where they still find each other by their imports."""
    from tf2ms_opt.engine import convert_source, has_candidate
    from tf2ms_opt.ruleset import load

    rules, converted = load(), []
    trees = {name: folder / name for name in ("every", "sample", "without", "words")}
    names = [one.resolve().name for one in sources]
    files = [(which, file) for which, root in enumerate(sources) for file in sorted(root.rglob("*.py"))]
    for number, (which, file) in enumerate(files):
        name = names[which] if names.index(names[which]) == which else f"{names[which]}_{which}"
        place = Path(name) / file.relative_to(sources[which])
        data = file.read_bytes()
        word = has_candidate(data, rules, file.name)
        some = sample > 0 and number % max(len(files) // sample, 1) == 0
        for name in ("every", "words" if word else "without", *(["sample"] if some else [])):
            (trees[name] / place.parent).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, trees[name] / place)
        if word and convert_source(data, rules, path=file.name).changed:
            converted.append(str(trees["words"] / place))
    return Trees(trees["every"], trees["sample"], trees["without"], trees["words"], tuple(converted))


def count(tree: Path) -> int:
    return sum(1 for _ in tree.rglob("*.py"))


def table(trees: Trees, spare: Path, environment: Mapping[str, str], runs: int) -> Iterator[Row]:
    """The tool and the others over the same files."""
    number = count(trees.every)
    for what, options in (
        ("tf2ms-opt check, nothing remembered", ("--no-cache",)),
        ("tf2ms-opt check, run again", ()),
        ("tf2ms-opt check --jobs 2", ("--no-cache", "--jobs", "2")),
    ):
        command = tool("check", *options, str(trees.every))
        if not options:
            cost(command, environment, 1)
        yield Row(what, number, cost(command, environment, runs))
    for rival in (one for one in rivals(trees.every, trees.sample, spare) if not one.slow or trees.sample.exists()):
        files = count(trees.sample) if rival.slow else number
        if rival.missing:
            yield Row(rival.name, files, None, rival.missing)
        else:
            yield Row(rival.name, files, cost(rival.command, environment, 1 if rival.slow else runs))


def budgets(trees: Trees, rows: Sequence[Row], environment: Mapping[str, str], runs: int) -> Iterator[Budget]:
    """What was promised, and what it is."""
    number = count(trees.without)
    plain = cost(tool("check", str(trees.without)), environment, runs)
    search = cost(script(BYTE_SEARCH, str(trees.without)), environment, runs)
    if search.cpu > TOLD:
        yield Budget(f"{number} files without candidates / byte search, CPU", plain.cpu / search.cpu, most=3.0)
    if trees.converted:
        parse = cost(script(LIBCST, *trees.converted), environment, runs)
        parse = parse.without(cost(script("import libcst"), environment, runs))
        engine = cost(script(ENGINE, *trees.converted), environment, runs)
        engine = engine.without(cost(script(ENGINE), environment, runs))
        what = f"{len(trees.converted)} converted files / libcst's parse and print, CPU"
        if parse.cpu > TOLD:
            yield Budget(what, engine.cpu / parse.cpu, most=4.0)
    yield Budget("--version, CPU seconds", cost(tool("--version"), environment, runs * 3).cpu, most=0.10)
    names = [str(file) for file in trees.without.rglob("*.py")][:NAMES]
    if names:
        one = cost(tool("check", names[0]), environment, runs * 3)
        yield Budget("one file without candidates, CPU seconds", one.cpu, most=0.15)
        many = cost(tool("check", *names), environment, runs)
        yield Budget(f"{len(names)} file names without candidates, CPU seconds", many.cpu, most=1.0)
    yield Budget("peak memory, MiB", max(row.cost.peak for row in rows[:3] if row.cost is not None), most=200.0)
    if (os.cpu_count() or 1) > 1 and count(trees.words) > SHARED:
        # the clock on the wall is disturbed by others: the quickest runs are those that were least
        jobs = [
            [cost(tool("check", "--no-cache", "--jobs", number, str(trees.words)), environment, 1) for number in "12"]
            for _ in range(runs + 2)
        ]
        one, two = (min(spent.wall for spent in every) for every in zip(*jobs, strict=True))
        yield Budget(f"{count(trees.words)} files with candidates, one job / two jobs, seconds", one / two, least=1.6)


def surroundings(folder: Path) -> dict[str, str]:
    """As for a user: compiled modules are kept, and the cache is an empty one."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    beside = os.pathsep.join(filter(None, (own.get("PYTHONPATH"), str(Path(__file__).parents[1] / "src"))))
    places = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "XDG_CACHE_HOME": str(folder / "cache")}
    return {**own, **places, "PYTHONPATH": beside}


def lines(rows: Sequence[Row], bounds: Sequence[Budget], grown: Sequence[tuple[str, Points]]) -> Iterator[str]:
    yield f"{'':<40}{'files':>7}{'CPU s':>9}{'wall s':>9}{'MiB':>7}{'files / CPU s':>15}"
    for row in rows:
        if row.cost is None:
            yield f"{row.what:<40}{row.files:>7}  not run: {row.said}"
        else:
            spent = f"{row.cost.cpu:>9.2f}{row.cost.wall:>9.2f}{row.cost.peak:>7.0f}{row.speed:>15.0f}"
            yield f"{row.what:<40}{row.files:>7}{spent}"
    yield ""
    for one in bounds:
        bound = f"<= {one.most:g}" if one.most is not None else f">= {one.least:g}"
        yield f"{one.what:<66}{one.value:>8.2f}  {bound:<8}{'' if one.held else 'MISSED'}"
    for name, points in grown:
        yield f"\n{name:<40}{'CPU s':>9}{'ms each':>10}{'MiB':>7}"
        for size, spent in points:
            yield f"{size:>40}{spent.cpu:>9.2f}{spent.cpu / size * 1000:>10.2f}{spent.peak:>7.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("trees", type=Path, nargs="+", metavar="TREE", help="a folder with Python files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE as well")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median is taken (default 3)")
    parser.add_argument("--sample", type=int, default=200, help="files for the slow tools (default 200; 0: without)")
    parser.add_argument("--no-growth", action="store_true", help="leave out the curves")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = surroundings(folder)
        # in a process of its own, for what this one holds in memory would count for those that it starts
        with ProcessPoolExecutor(1) as pool:
            trees = pool.submit(laid_out, arguments.trees, folder, arguments.sample).result()
        cost(tool("check", "--no-cache", str(trees.every)), environment, 1)  # compiles the modules
        rows = list(table(trees, folder, environment, arguments.runs))
        bounds = list(budgets(trees, rows, environment, arguments.runs))
        grown = [] if arguments.no_growth else list(curves(folder, environment, arguments.runs))
    print(*lines(rows, bounds, grown), sep="\n")
    if arguments.json is not None:
        data = {
            "rows": [{**asdict(row), "files_per_cpu_second": row.speed} for row in rows],
            "budgets": [{**asdict(one), "held": one.held} for one in bounds],
            "growth": {name: [{"size": size, **asdict(spent)} for size, spent in points] for name, points in grown},
        }
        arguments.json.write_text(json.dumps(data, indent=2) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
    main()
