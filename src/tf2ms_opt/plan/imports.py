"""Which names MindSpore's modules get in a file, where their import goes, and which TensorFlow imports go.

An import is taken out only where every use of its name is gone; whatever is unclear stays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from tf2ms_opt.facts import NameList, Splice
from tf2ms_opt.options import Options
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind

#: the module that is written beside converted code
RUNTIME = "tf2ms_runtime"

_SHORT = 60  # a longer string is prose
_WIDTH = 100  # of a line of imports


NN = "mindspore.nn"
OPS = "mindspore.ops"
#: what may be imported of MindSpore, and the runtime module's classes that stand in no rule
DTYPES = ("mindspore.float32", "mindspore.float16", "mindspore.int32", "mindspore.int64", "mindspore.bool_")
DATASET = "mindspore.dataset.NumpySlicesDataset"
FRAMEWORK = (NN, OPS, "mindspore.Tensor", "mindspore.value_and_grad", "mindspore.grad", DATASET, *DTYPES)
STEP_CLASSES = frozenset(
    ["Callback", "KernelPenalty", "LossScaleOptimizer", "LossScaleOptimizerKeras2", "Mean", "MeanLoss", "Trainer"]
)


@dataclass(frozen=True, slots=True)
class Aliases:
    """What the result calls the things it imports, by their dotted names, and which of them the file has already.

    ``runtime`` is the dotted name of the runtime module, as this file has to import it.
    """

    names: Mapping[str, str]
    present: frozenset[str]
    runtime: str

    @property
    def nn(self) -> str:
        return self.names[NN]

    @property
    def ops(self) -> str:
        return self.names[OPS]

    def callee(self, choice: Choice) -> str:
        """How the result names the class."""
        return self.names[choice.name] if choice.runtime else f"{self.nn}.{choice.short}"

    @staticmethod
    def need(choice: Choice) -> str:
        """What has to be imported for the class."""
        return choice.name if choice.runtime else NN


def aliases(module: Module, first: int, runtime: str, released: frozenset[str] = frozenset()) -> Aliases:
    """The names that the file gives to what may be emitted above its ``first`` site (an offset), or free ones.

    ``released`` are names of imports that the result no longer has.
    """
    classes = sorted({
        name
        for rule in module.rules.rules.values() for source in rule.source if source.runtime is not None
        for name in source.runtime.classes.values()
    })  # fmt: skip
    wrappers = {one.wrapper for one in module.rules.framework.generation.values() if one.wrapper}
    classes += sorted(module.rules.step.classes() | STEP_CLASSES | wrappers)
    wanted = [*FRAMEWORK, *(f"{runtime}.{name}" for name in classes)]
    known = _imported(module, first)
    names = {one: known.get(one) or _free(module, one.rpartition(".")[2], released) for one in wanted}
    return Aliases(names, frozenset(one for one in wanted if one in known), runtime)


def _imported(module: Module, first: int) -> dict[str, str]:
    """Dotted name -> the name that the file gives to it once and for all, above the offset ``first``."""
    found: dict[str, str] = {}
    for key, bindings in module.index.top.bindings.items():
        statement, qualified = bindings[0].statement, bindings[0].qualified
        alone = len(bindings) == len(module.index.bound[key]) == 1 and qualified is not None
        if alone and statement in module.index.module.body and module.source.end(statement) < first:
            found.setdefault(qualified or "", key)
    return found


def runtime_module(module: Module, options: Options) -> str:
    """The name under which this file can import the runtime module that stands beside it.

    In a directory that is no package, and for a file that is run as a script, the name alone.  A member of a package
    imports it as it imports its own package: by the package's name where the file does that, else relatively.
    """
    if options.runtime_module is not None or options.package is None:
        return options.runtime_module or RUNTIME
    nodes = list(ast.walk(module.index.module))
    modules = ["." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    root = options.package.partition(".")[0]
    if any(name.partition(".")[0] == root for name in modules):
        return f"{options.package}.{RUNTIME}"
    if any(name.startswith(".") for name in modules) or not _is_script(module):
        return f".{RUNTIME}"
    return RUNTIME


def _is_script(module: Module) -> bool:
    """Whether the file asks if it is the program itself."""
    tests = (node.test for node in module.index.module.body if isinstance(node, ast.If))
    return any(isinstance(one, ast.Name) and one.id == "__name__" for test in tests for one in ast.walk(test))


def _free(module: Module, name: str, released: frozenset[str]) -> str:
    taken = module.index.identifiers - released
    candidates = chain((name, f"ms_{name}", f"mindspore_{name}"), (f"ms_{name}_{number}" for number in count(2)))
    return next(alias for alias in candidates if alias not in taken)


def added_import(module: Module, names: Aliases, needed: Collection[str], first_edit: int) -> Splice | None:
    """The imports of what is ``needed`` (dotted names), placed before ``first_edit``."""
    wanted: dict[str, list[str]] = {}
    for qualified, own in names.names.items():
        if qualified in needed and qualified not in names.present:
            place, _, name = qualified.rpartition(".")
            wanted.setdefault(place or ".", []).append(name if own == name else f"{name} as {own}")
    if not wanted:
        return None
    source = module.source
    at, before, after = _place(module, first_edit)
    newline = source.newline(max(at - 1, 0))
    if at == len(source.data) and not source.data.endswith((b"\n", b"\r")):
        before = True
    lines = "".join(_import_line(module, place, listed, newline) for place, listed in wanted.items())
    text = (newline if before else "") + lines + (newline if after else "")
    return Splice(at, at, (text,), rank=-1)


def _import_line(module: Module, place: str, listed: Sequence[str], newline: str) -> str:
    """One import; what does not fit on a line stands in brackets, a name a line."""
    names = sorted(listed, key=lambda name: (not name[:1].isupper(), name))
    line = f"from {place} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line + newline
    inner = "".join(f"{module.indent_unit}{name},{newline}" for name in names)
    return f"from {place} import ({newline}{inner}){newline}"


def _place(module: Module, first_edit: int) -> tuple[int, bool, bool]:
    """Where the import goes, and whether an empty line goes before or after it."""
    source, body = module.source, module.index.module.body
    run: list[ast.stmt] = []
    best: list[ast.stmt] = []
    for statement in body:
        if source.end(statement) > first_edit:
            break
        if _is_import(statement):
            run.append(statement)
        else:
            run = []
        if run and (
            not best or run[0] is best[0] or (_from_framework(module, run) and not _from_framework(module, best))
        ):
            best = list(run)
    if best:
        return _line_after(module, best[-1]), False, False
    head = body[0]
    if isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant) and isinstance(head.value.value, str):
        return _line_after(module, head), False, False
    first = (
        head.decorator_list[0]
        if isinstance(head, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and head.decorator_list
        else head
    )
    return source.line_start(source.start(first)), False, True


def _line_after(module: Module, statement: ast.stmt) -> int:
    """The first line behind ``statement`` and behind whatever else begins on its last line."""
    source = module.source
    end = source.end(statement)
    for other in module.index.module.body:
        if source.start(other) >= end and source.line_of(source.start(other)) == source.line_of(end):
            end = source.end(other)
    return source.logical_end(end)


def _is_import(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Try():
            return all(map(_is_import, statement.body)) and bool(statement.body)
        case ast.If():
            return all(map(_is_import, [*statement.body, *statement.orelse]))
        case _:
            return False


def _from_framework(module: Module, statements: Iterable[ast.stmt]) -> bool:
    names = [
        name
        for statement in statements for node in ast.walk(statement)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    ]  # fmt: skip
    return any(module.rules.from_framework(name) for name in names)


def removed_imports(
    module: Module, gone: Collection[ast.Name], *, excerpt: bool
) -> tuple[tuple[Splice, ...], frozenset[str]]:
    """The imports of TensorFlow names whose every use is among the nodes that are ``gone``, and those names.

    Of an ``excerpt``, whose other parts may use them, whole modules stay imported.
    """
    unused: dict[ast.stmt, set[ast.AST]] = {}
    for name in {node.id for node in gone}:
        for binding in _unused(module, name, gone):
            if binding.statement is not None and not (excerpt and isinstance(binding.statement, ast.Import)):
                unused.setdefault(binding.statement, set()).add(binding.node)
    splices = {
        statement: splice
        for statement, names in unused.items()
        if (splice := _without(module, statement, names)) is not None
    }
    # a block of nothing but imports that go (try: ... except ImportError: ...) would be empty
    whole = {statement for statement, names in unused.items() if len(names) == len(getattr(statement, "names", ()))}
    out = {
        statement: splice
        for statement, splice in splices.items()
        if not whole.issuperset(module.index.block(statement))
    }
    names = {_bound(alias) for statement in out for alias in unused[statement] if isinstance(alias, ast.alias)}
    kept = {_bound(alias) for statement in unused if statement not in out for alias in unused[statement]}
    return tuple(out.values()), frozenset(names - kept)


def _bound(alias: ast.AST) -> str:
    """The name that one entry of an import binds."""
    return (alias.asname or alias.name.partition(".")[0]) if isinstance(alias, ast.alias) else ""


def _unused(module: Module, name: str, gone: Collection[ast.Name]) -> list[Binding]:
    uses = [node for _, node in module.index.uses.get(name, ())]
    if any(node not in gone for node in uses):
        return []
    bindings = [one for scope in module.index.scopes.values() for one in scope.bindings.get(name, ())]
    if any(one.kind is not BindingKind.IMPORT for one in bindings) or name in module.index.outward:
        return []
    if name in module.cached(_named_in_strings) or any(
        name in module.index.scopes[node].bindings for node in module.classes
    ):
        return []
    return [one for one in bindings if module.rules.from_framework(one.qualified or "")]


def _named_in_strings(module: Module) -> set[str]:
    """The words of short strings: ``__all__``, quoted annotations and eval name things without an identifier."""
    found: set[str] = set()
    for node in ast.walk(module.index.module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < _SHORT:
            found.update(re.findall(r"\w+", node.value))
    return found


def _without(module: Module, statement: ast.stmt, names: set[ast.AST]) -> Splice | None:
    """The import statement without ``names``; None where taking them out would lose something."""
    source = module.source
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return None
    start, end = source.start(statement), source.end(statement)
    if b"#" in source.data[start:end]:
        return None
    if len(names) < len(statement.names):
        places = tuple(position for position, alias in enumerate(statement.names) if alias in names)
        return Splice(start, end, (NameList(start, end, places),))
    line_start, line_end = source.line_start(start), source.line_end(end)
    before, rest = source.data[line_start:start], source.data[end:line_end]
    if len(module.index.block(statement)) == 1 or before.strip(b" \t\f") or source.is_continued(start):
        return None
    comment = rest.strip().decode()
    if comment and not comment.startswith("#"):
        return None
    kept = (before.decode() + comment + rest[len(rest.rstrip(b"\r\n")) :].decode(),) if comment else ()
    return Splice(line_start, line_end, kept)
