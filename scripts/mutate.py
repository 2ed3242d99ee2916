"""Breaks the rule table or the planning in one place at a time, and asks whether a test case sees it.

``python scripts/mutate.py rules [NUMBER [SEED]]`` changes the data of rules: defaults, targets, names, pins, state.
``python scripts/mutate.py code [NUMBER [SEED]]`` changes conditions, operators and constants of ``plan`` and ``trace``.

Each mutant of the sample runs in a process of its own, on the cases that reach it, until one of them differs; those
that no case tells from the original are printed.  What is known of them stands in ``tests/mutants.md``.
"""

from __future__ import annotations

import ast
import copy
import os
import random
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import msgspec

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from test_fixtures import CASES, report, run, text_of  # noqa: E402
from test_rules import candidates, signature_problems, target_problems  # noqa: E402

from tf2ms_opt.rules import Action, Rule  # noqa: E402
from tf2ms_opt.ruleset import RuleSet, load  # noqa: E402

SOURCE = ROOT / "src" / "tf2ms_opt"
SECONDS = 90  # a mutant that goes in circles is told from the original by that


def sees(case: Path, rules: RuleSet) -> bool:
    """Whether the case tells that something is different."""
    data = text_of(case).read_bytes()
    outcome = run(data, case, rules)
    golden = case / text_of(case).name.replace("before", "after")
    expected = golden.read_bytes() if golden.exists() else data
    return outcome.after != expected or report(outcome) != (case / "report.txt").read_text(encoding="utf-8")


def survives(attempt: Callable[[], bool]) -> bool:
    """Whether ``attempt``, in a process of its own, sees nothing."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    signal.alarm(SECONDS)
    try:
        seen = attempt()
    except BaseException:  # noqa: BLE001 -- a mutant that cannot even run is seen
        seen = True
    os._exit(int(seen))


# ---------------------------------------------------------------- rules


def other_number(text: str) -> str:
    """Another literal of the same kind, or a number."""
    try:
        value = ast.literal_eval(text)
    except ValueError:
        return "0.123"
    if isinstance(value, bool):
        return str(not value)
    return repr(value + 1) if isinstance(value, (int, float)) else "0.123"


def mutated_parameters(values: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """One parameter of a source or a target changed: its default, its name, its pin, where it goes."""
    for at, one in enumerate(values):
        changes: dict[str, Any] = {"name": f"{one.name}_"}
        if one.default is not None:
            changes["default"] = other_number(one.default)
        if hasattr(one, "pin"):
            changes["pin"] = not one.pin
        if getattr(one, "to", None) is not None:
            changes["to"] = "weight_decay" if one.to != "weight_decay" else "learning_rate"
        if getattr(one, "action", None) is not None:
            changes["action"] = Action.DROP if one.action is not Action.DROP else Action.REFUSE
        if getattr(one, "default_was", ""):
            changes["default_was"] = ""
        if getattr(one, "inert", ()):
            changes["inert"] = ()
        for name, value in changes.items():
            changed = msgspec.structs.replace(one, **{name: value})
            yield f"{one.name}.{name} = {value!r}", (*values[:at], changed, *values[at + 1 :])


def mutants_of(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """What was changed in a rule, and the rule then."""
    for what, parameters in mutated_parameters(rule.target.parameter):
        yield (
            f"target {what}",
            msgspec.structs.replace(rule, target=msgspec.structs.replace(rule.target, parameter=parameters)),
        )
    for at, source in enumerate(rule.source):
        where = f"source {at + 1} ({source.class_name} {', '.join(source.generations)})"
        changed: list[tuple[str, Any]] = [
            (what, msgspec.structs.replace(source, parameter=parameters))
            for what, parameters in mutated_parameters(source.parameter)
        ]
        for number, state in enumerate(source.state):
            value = "1" if state.value == "0" else "0"
            changed += [
                (f"state {state.attribute} gone", without(source, "state", number)),
                (
                    f"state {state.attribute} = {value}",
                    msgspec.structs.replace(
                        source,
                        state=(
                            *source.state[:number],
                            msgspec.structs.replace(state, value=value),
                            *source.state[number + 1 :],
                        ),
                    ),
                ),
            ]
        changed += [
            (f"difference {n + 1} gone", without(source, "difference", n)) for n in range(len(source.difference))
        ]
        for what, one in changed:
            yield (
                f"{where}: {what}",
                msgspec.structs.replace(rule, source=(*rule.source[:at], one, *rule.source[at + 1 :])),
            )


def without(struct: Any, field: str, at: int) -> Any:  # noqa: ANN401 -- any of the tables
    """``struct`` without one entry of a list."""
    values = getattr(struct, field)
    return msgspec.structs.replace(struct, **{field: (*values[:at], *values[at + 1 :])})


def contradicts(rules: RuleSet, name: str) -> bool:
    """Whether a signature that was recorded from the frameworks says something else than the rule."""
    found = [one for one in candidates(rules).values() if one.rule.name == name]
    return any(signature_problems(one) or target_problems(one) for one in found)


def mutate_rules(count: int, seed: int) -> None:
    """A sample of the mutants of all rules."""
    rules = load()
    texts = {case: text_of(case).read_bytes().lower() for case in CASES}
    every = [(name, what, rule) for name, whole in rules.rules.items() for what, rule in mutants_of(whole)]
    chosen = random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311 -- a sample
    survivors = 0
    for name, what, rule in sorted(chosen, key=lambda one: one[:2]):
        own = [case for case in CASES if case.parent.name == name]
        others = [case for case in CASES if case not in own and name.replace("_", "").encode() in texts[case]]
        broken = RuleSet({**rules.rules, name: rule}, rules.framework, rules.step, rules.schedule)

        def attempt(broken: RuleSet = broken, name: str = name, cases: tuple[Path, ...] = (*own, *others)) -> bool:
            return contradicts(broken, name) or any(sees(case, broken) for case in cases)

        if survives(attempt):
            survivors += 1
            print(f"{name}: {what}", flush=True)
    print(f"{len(chosen)} mutants of {len(every)} in the rules, {survivors} survive")


# ---------------------------------------------------------------- code

OPPOSITE: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A change of one node: the module, the function, the place and what is done there."""

    file: Path
    function: tuple[str, int]
    line: int
    #: the node by its number in ``ast.walk``, and the change by its number there
    node: int
    what: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE)}:{self.line} {self.what}"


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
    owner: dict[ast.AST, tuple[str, int]] = {}
    for function in ast.walk(tree):  # outer ones first, so that the innermost is what stays
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
            owner |= dict.fromkeys(ast.walk(function), (str(file), first))
    for number, node in enumerate(ast.walk(tree)):
        if node in owner:
            for what, _ in changes(node):
                yield Mutant(file, owner[node], getattr(node, "lineno", 0), number, what)


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
    """In this process, the module of the mutant is the mutated one."""
    tree = ast.parse(mutant.file.read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[mutant.node]
    change = dict(changes(copy.deepcopy(node)))[mutant.what]
    change(node)
    for name in [name for name in sys.modules if name.startswith(("tf2ms_opt.plan", "tf2ms_opt.trace"))]:
        del sys.modules[name]
    code = compile(ast.fix_missing_locations(tree), str(mutant.file), "exec")
    sys.meta_path.insert(0, Mutating(module_of(mutant.file), code))


def reached(rules: RuleSet) -> dict[tuple[str, int], list[Path]]:
    """Function -> the cases that run it.  In a process of its own: this one must not have the modules yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        found: dict[tuple[str, int], set[int]] = defaultdict(set)
        current = 0

        def profile(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(str(SOURCE)):
                found[frame.f_code.co_filename, frame.f_code.co_firstlineno].add(current)

        sys.setprofile(profile)
        for current, case in enumerate(CASES):  # noqa: B007 -- read by the profile
            run(text_of(case).read_bytes(), case, rules)
        sys.setprofile(None)
        with os.fdopen(writing, "wb") as stream:
            stream.write(msgspec.json.encode([[*key, sorted(value)] for key, value in found.items()]))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = msgspec.json.decode(stream.read())
    os.waitpid(child, 0)
    return {(file, line): [CASES[at] for at in numbers] for file, line, numbers in told}


def mutate_code(count: int, seed: int) -> None:
    """A sample of the mutants of ``plan`` and ``trace``."""
    rules = load()
    covered = reached(rules)
    files = sorted(file for folder in ("plan", "trace") for file in (SOURCE / folder).rglob("*.py"))
    every = [mutant for file in files for mutant in mutants_in(file)]
    chosen = random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311 -- a sample
    survivors = 0
    for mutant in chosen:
        cases = covered.get(mutant.function, [])
        random.Random(seed).shuffle(cases)  # noqa: S311

        def attempt(mutant: Mutant = mutant, cases: list[Path] = cases) -> bool:
            loaded(mutant)
            return any(sees(case, rules) for case in cases)

        if not cases or survives(attempt):
            survivors += 1
            print(f"{mutant}  ({len(cases)} cases)", flush=True)
    print(f"{len(chosen)} mutants of {len(every)} in the code, {survivors} survive")


def program() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["rules" | "code" as what, *numbers]:
            count, seed = (*map(int, numbers), *(200, 1)[len(numbers) :])
            (mutate_rules if what == "rules" else mutate_code)(count, seed)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    program()
