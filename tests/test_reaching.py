"""Reaching definitions: which assignments of ``x`` may hold at ``use(x)``, by line."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tf2ms_opt.trace.indexing import index
from tf2ms_opt.trace.reaching import reaching

CASES = {
    "nearest wins": ("x = 1\nx = 2\nuse(x)", [2]),
    "not what comes later": ("x = 1\nuse(x)\nx = 2", [1]),
    "its own statement comes later": ("x = 1\nx = use(x)", [1]),
    "one branch may": ("x = 1\nif a:\n    x = 2\nuse(x)", [1, 3]),
    "both branches must": ("x = 1\nif a:\n    x = 2\nelse:\n    x = 3\nuse(x)", [3, 5]),
    "elif without else": ("x = 1\nif a:\n    x = 2\nelif b:\n    x = 3\nuse(x)", [1, 3, 5]),
    "elif with else": ("x = 1\nif a:\n    x = 2\nelif b:\n    x = 3\nelse:\n    x = 4\nuse(x)", [3, 5, 7]),
    "the other branch cannot": ("x = 1\nif a:\n    x = 2\nelse:\n    use(x)", [1]),
    "inside the branch": ("x = 1\nif a:\n    x = 2\n    use(x)", [3]),
    "nested branches": ("x = 1\nif a:\n    if b:\n        x = 2\n    use(x)", [1, 4]),
    "a branch that leaves": ("x = 1\nif a:\n    x = 2\n    raise E\nuse(x)", [1]),
    "an else that leaves": ("x = 1\nif a:\n    x = 2\nelse:\n    raise E\nuse(x)", [3]),
    "with is taken": ("x = 1\nwith a:\n    x = 2\nuse(x)", [3]),
    "with binds": ("x = 1\nwith a as x:\n    use(x)", [2]),
    "a loop may": ("x = 1\nfor i in a:\n    x = 2\nuse(x)", [1, 3]),
    "a loop comes round": ("x = 1\nfor i in a:\n    use(x)\n    x = 2", [1, 4]),
    "a loop that binds first": ("x = 1\nfor i in a:\n    x = 2\n    use(x)\n    x = 3", [3]),
    "the loop's own name": ("x = 1\nfor x in a:\n    use(x)", [2]),
    "while comes round": ("x = 1\nwhile a:\n    if b:\n        use(x)\n    x = 2", [1, 5]),
    "try may": ("x = 1\ntry:\n    x = 2\nexcept E:\n    pass\nuse(x)", [1, 3]),
    "try or handler must": ("x = 1\ntry:\n    x = 2\nexcept E:\n    x = 3\nuse(x)", [3, 5]),
    "handler that leaves": ("x = 1\ntry:\n    x = 2\nexcept E:\n    raise\nuse(x)", [3]),
    "finally must": ("x = 1\ntry:\n    x = 2\nfinally:\n    x = 3\nuse(x)", [5]),
    "handler sees the body": ("x = 1\ntry:\n    x = 2\nexcept E:\n    use(x)", [1, 3]),
    "one handler or another": ("x = 1\ntry:\n    f()\nexcept A:\n    x = 2\nexcept B:\n    use(x)", [1]),
    "match with a default": ("x = 1\nmatch a:\n    case 1:\n        x = 2\n    case _:\n        x = 3\nuse(x)", [4, 6]),
    "match without one": ("x = 1\nmatch a:\n    case 1:\n        x = 2\nuse(x)", [1, 4]),
    "walrus": ("x = 1\nif (x := 2):\n    use(x)", [2]),
    "tuple": ("x, y = 1, 2\nuse(x)", [1]),
    "augmented": ("x = 1\nx += 1\nuse(x)", [2]),
    "import": ("x = 1\nimport x\nuse(x)", [2]),
    "unbound": ("use(x)", []),
    "del is a binding": ("x = 1\ndel x\nx = 2\nuse(x)", [3]),
}


def lines(program: str) -> list[int]:
    tree = ast.parse(textwrap.dedent(program))
    found = index(tree)
    (call,) = [call for call in found.calls if isinstance(call.func, ast.Name) and call.func.id == "use"]
    bindings = reaching(found, found.scope(call), "x", call.args[0])
    return sorted(getattr(binding.node, "lineno", 0) for binding in bindings)


@pytest.mark.parametrize("name", CASES)
def test_at_module_level(name: str) -> None:
    program, expected = CASES[name]
    assert lines(program) == expected


@pytest.mark.parametrize("name", CASES)
def test_in_a_function(name: str) -> None:
    program, expected = CASES[name]
    body = textwrap.indent(program, "    ")
    assert lines(f"def f(a, b):\n{body}\n") == [line + 1 for line in expected]


def test_a_function_sees_every_binding_of_the_module() -> None:
    assert lines("x = 1\ndef f():\n    use(x)\nx = 2") == [1, 4]


def test_a_class_body_is_not_seen_by_its_methods() -> None:
    assert lines("x = 1\nclass A:\n    x = 2\n    def f(self):\n        use(x)") == [1]


def test_a_parameter_hides_the_module() -> None:
    assert lines("x = 1\ndef f(x):\n    use(x)") == [2]


def test_a_comprehension_is_in_the_flow_around_it() -> None:
    assert lines("x = 1\nx = 2\n[use(x) for i in a]") == [2]


def test_a_global_of_a_function_hides_nothing() -> None:
    assert lines("x = 1\ndef f():\n    global x\n    x = 2\nuse(x)") == [1, 4]
