"""The planning broken in one place at a time: a condition, an operator, a constant of ``plan`` and ``trace``."""

from __future__ import annotations

import ast
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import click.testing  # noqa: F401 -- what the cases need of others is loaded once, and not for every mutant
import libcst  # noqa: F401
import msgspec
import pytest  # noqa: F401
from survival import survives

SOURCE = Path(__file__).parents[2] / "src" / "tf2ms_opt"

OPPOSITE: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A change of one node: the module, the function, the place and what is done there."""

    file: Path
    #: where it begins
    function: tuple[str, int]
    name: str
    line: int
    #: the node by its number in ``ast.walk``, and the change by its number there
    node: int
    what: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE)}:{self.line} {self.name}: {self.what}"


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """What can be done to a node, in words, and how."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in OPPOSITE:
            other = OPPOSITE[type(operator)]
            yield (
                f"{ast.unparse(node)}: {type(operator).__name__} -> {other.__name__}",
                lambda at: setattr(at, "ops", [other()]),
            )
        case ast.BoolOp(op=operator):
            other = OPPOSITE[type(operator)]
            yield (
                f"{ast.unparse(node)}: {type(operator).__name__} -> {other.__name__}",
                lambda at: setattr(at, "op", other()),
            )
        case ast.If() | ast.IfExp() | ast.While():
            for value in (True, False):
                yield (
                    f"if {ast.unparse(node.test)}: always {value}",
                    lambda at, value=value: setattr(at, "test", ast.Constant(value)),
                )
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", lambda at: setattr(at, "value", not value)
        case ast.Constant(value=int(value)):
            yield f"{value} -> {value + 1}", lambda at: setattr(at, "value", value + 1)
        case ast.comprehension(ifs=[_, *_]):
            yield f"filter {ast.unparse(node.ifs[0])} gone", lambda at: setattr(at, "ifs", at.ifs[1:])
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield f"{ast.unparse(node)[:60]}: returns None", lambda at: setattr(at, "value", ast.Constant(None))


def mutants_in(file: Path) -> Iterator[Mutant]:
    """Every mutant of a module's functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    owner: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for function in ast.walk(tree):  # outer ones first, so that the innermost is what stays
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            owner |= dict.fromkeys(ast.walk(function), function)
    for number, node in enumerate(ast.walk(tree)):
        for what, _ in changes(node) if node in owner else ():
            function = owner[node]
            first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
            yield Mutant(file, (str(file), first), function.name, getattr(node, "lineno", first), number, what)


class Mutating(MetaPathFinder, Loader):
    """Loads one module from a tree that was changed."""

    def __init__(self, name: str, code: Any) -> None:  # noqa: ANN401 -- a code object
        self.name, self.code = name, code

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:  # noqa: ANN401
        return spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102 -- our own module


def module_of(file: Path) -> str:
    """The dotted name of a file of ours."""
    return ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)


def loaded(mutant: Mutant) -> None:
    """In this process, the module of the mutant will be the mutated one."""
    tree = ast.parse(mutant.file.read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[mutant.node]
    dict(changes(node))[mutant.what](node)
    code = compile(ast.fix_missing_locations(tree), str(mutant.file), "exec")
    sys.meta_path.insert(0, Mutating(module_of(mutant.file), code))


def mutants() -> list[Mutant]:
    """Every mutant of ``plan`` and ``trace``."""
    files = sorted(file for folder in ("plan", "trace") for file in (SOURCE / folder).rglob("*.py"))
    return [mutant for file in files for mutant in mutants_in(file)]


def mutants_at(place: str) -> list[Mutant]:
    """Those of a file, or of one line of it."""
    name, _, line = place.partition(":")
    return [mutant for mutant in mutants_in(SOURCE / name) if not line or mutant.line == int(line)]


def reached() -> dict[tuple[str, int], list[Path]]:
    """Function -> the cases that run it.  In a process of its own: this one must not have the modules yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        from judges import FIXTURES, PROJECTS, differs  # noqa: PLC0415

        from tf2ms_opt.ruleset import load  # noqa: PLC0415

        rules = load()
        found: dict[tuple[str, int], set[str]] = defaultdict(set)
        current = ""

        def profile(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(str(SOURCE)):
                found[frame.f_code.co_filename, frame.f_code.co_firstlineno].add(current)

        for case in (*FIXTURES, *PROJECTS):
            current = str(case)
            sys.setprofile(profile)
            wrong = differs(case, rules)
            sys.setprofile(None)
            if wrong:
                print(f"{case} differs without any mutant", flush=True)
        with os.fdopen(writing, "wb") as stream:
            stream.write(msgspec.json.encode([[*key, sorted(value)] for key, value in found.items()]))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = msgspec.json.decode(stream.read())
    os.waitpid(child, 0)
    return {(file, line): [Path(name) for name in names] for file, line, names in told}


def judged(mutant: Mutant, cases: Sequence[Path]) -> bool:
    """Whether one of the cases sees the mutant, which all modules of ours are loaded with."""
    loaded(mutant)
    from judges import differs  # noqa: PLC0415

    from tf2ms_opt.ruleset import load  # noqa: PLC0415

    rules = load()
    return any(differs(case, rules) for case in cases)


def mutate_code(chosen: Sequence[Mutant]) -> None:
    """Print which of the mutants no case sees."""
    covered = reached()
    survivors = 0
    for mutant in chosen:
        cases = covered.get(mutant.function, [])
        # projects last, which take longer; else in any order, since neighbours are alike
        random.Random(str(mutant)).shuffle(cases)  # noqa: S311
        cases.sort(key=lambda case: case.parent.name == "projects")
        if not cases or survives(lambda mutant=mutant, cases=cases: judged(mutant, cases)):  # type: ignore[misc]
            survivors += 1
            print(f"{mutant}  ({len(cases)} cases)", flush=True)
    print(f"{len(chosen)} mutants in the code, {survivors} survive")
