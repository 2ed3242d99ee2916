"""The calls in a schedule's class: TensorFlow's operators, other schedules, and functions of the class itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace

from tf2ms_opt.plan.custom.expressions import Expressions
from tf2ms_opt.plan.custom.kinds import FLOAT32, Kind, ScheduleLeftError, Value, calculated
from tf2ms_opt.plan.custom.numbers import number_call
from tf2ms_opt.schedule_rules import Operator

_FLOAT32 = {"float32", "dtypes.float32"}
_WHOLES = {"int32", "int64", "dtypes.int32", "dtypes.int64"}
_TENSORS = {"constant": ("value", "dtype", "shape"), "convert_to_tensor": ("value", "dtype")}
_TENSOR = "mindspore.Tensor"
_CONDITIONS = ("cond", "keras.ops.cond")
_CHOICES = {"where": ("condition", "x", "y"), "keras.ops.where": ("condition", "x1", "x2")}
_LAMBDA = re.compile(rb"lambda\s*:\s*")


def below_tensorflow(found: Expressions, node: ast.expr) -> str | None:
    """The dotted name of ``node`` below TensorFlow, with ``keras.`` in front below Keras."""
    keras = found.module.keras_path(node)
    if keras is not None:
        return f"keras.{keras}"
    name = found.module.framework_name(node)
    return name.removeprefix("tensorflow.") if name is not None else None


def framework_call(found: Expressions, node: ast.Call) -> Value | None:
    """A call of TensorFlow's; None where it is none.  Raises ``ScheduleLeftError``."""
    name = below_tensorflow(found, node.func)
    if name is None:
        return number_call(found, node)
    if name in ("cast", "keras.ops.cast"):
        return _cast(found, node)
    if name in _TENSORS:
        return _tensor(found, node, _TENSORS[name])
    if name in _CONDITIONS:
        return _cond(found, node)
    if name in _CHOICES:
        return _where(found, node, _CHOICES[name])
    operator = found.module.rules.schedule.find(name)
    if operator is None:
        raise ScheduleLeftError(f"{found.text(node.func)} has no counterpart that the tool knows for a schedule", node)
    return _operator(found, node, operator, name.rpartition(".")[2])


def bound(found: Expressions, node: ast.Call, takes: Sequence[str]) -> list[ast.expr]:
    """The arguments in the order of ``takes``; the names of those given by name go.  Raises ``ScheduleLeftError``."""
    if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
        raise ScheduleLeftError(f"{found.text(node)} hands over arguments that are not written out", node)
    _drop_label(found, node)
    given = [one for one in node.keywords if one.arg != "name"]
    if len(node.args) > len(takes):
        raise ScheduleLeftError(f"{found.text(node)} has more arguments than the tool knows", node)
    rest = list(takes[len(node.args) : len(node.args) + len(given)])
    if [one.arg for one in given] != rest:
        raise ScheduleLeftError(
            f"{found.text(node)} has arguments in another order, or others than the tool knows", node
        )
    source = found.module.source
    for keyword in given:
        found.rewriting.replace(source.start(keyword), source.start(keyword.value), "")
    return [*node.args, *(one.value for one in given)]


def _drop_label(found: Expressions, node: ast.Call) -> None:
    """``name=...`` goes, with the comma before it."""
    source = found.module.source
    for keyword in node.keywords:
        if keyword.arg != "name":
            continue
        others = [*node.args, *(one.value for one in node.keywords if one is not keyword)]
        before = [one for one in others if source.start(one) < source.start(keyword)]
        if len(before) < len(others):
            raise ScheduleLeftError(f"name= stands before the operands of {found.text(node)}", node)
        start, end = source.end(before[-1]) if before else source.start(keyword), source.end(keyword)
        if b"#" in source.data[start:end] or b")" in source.data[start : source.start(keyword)]:
            raise ScheduleLeftError("a comment or a bracket stands before an argument that goes", node)
        found.rewriting.replace(start, end, "")


def _float32(found: Expressions, node: ast.expr) -> bool:
    """Whether ``node`` names the type float32, which it then becomes."""
    name = below_tensorflow(found, node)
    known, text = found.module.constant(node)
    is_float = name in _FLOAT32 or (known and text == "float32") or (
        name is None and found.module.resolve(node).names == {"numpy.float32"}
    )  # fmt: skip
    if not is_float and name is None and isinstance(node, ast.Attribute) and node.attr == "dtype":
        is_float = found.of(node).kind is Kind.DTYPE
    if not is_float and isinstance(node, ast.Name) and isinstance(found.place.locals.get(node.id), Value):
        is_float = found.of(node).kind is Kind.DTYPE
    if is_float:
        source = found.module.source
        found.rewriting.replace(source.start(node), source.end(node), found.rewriting.imported(FLOAT32))
        found.rewriting.gone.append(node)
    return is_float


def _cast(found: Expressions, node: ast.Call) -> Value:
    values = _named(found, node, ("x", "dtype"))
    if len(values) != 2:  # noqa: PLR2004 -- what becomes what
        raise ScheduleLeftError(f"{found.text(node)} does not say what becomes what", node)
    value = found.of(values["x"])
    if below_tensorflow(found, values["dtype"]) in _WHOLES:
        return _counted(found, node, values["x"], value)
    if not (value.tensor or value.kind in (Kind.NUMBER, Kind.TRUTH)):
        raise ScheduleLeftError(f"{found.text(node)} is no number that a rate is calculated with", node)
    if not _float32(found, values["dtype"]):
        raise ScheduleLeftError(f"{found.text(node)} is another type than float32", node)
    found.rewriting.callee(node.func, found.rewriting.operator("cast"))
    return Value(Kind.FLOAT, stepped=value.stepped)


def _counted(found: Expressions, node: ast.Call, inner: ast.expr, value: Value) -> Value:
    """A cast to whole numbers: a float32 in MindSpore, as every tensor here, without its fraction."""
    if not value.tensor:
        raise ScheduleLeftError(f"{found.text(node)} is another type than float32", node)
    found.note_raw(inner, value)
    found.decides(inner, value)
    source = found.module.source
    found.rewriting.callee(node.func, found.rewriting.operator("trunc"))
    found.rewriting.replace(source.end(inner), source.end(node), ")")
    found.rewriting.gone.append(node)
    return Value(Kind.WHOLE, stepped=value.stepped)


def _named(found: Expressions, node: ast.Call, takes: Sequence[str]) -> dict[str, ast.expr]:
    """The arguments by name; names that stand where the target has the same place go."""
    _drop_label(found, node)
    given = {takes[place]: one for place, one in enumerate(node.args) if place < len(takes)}
    source = found.module.source
    for keyword in node.keywords:
        if keyword.arg == "name":
            continue
        if keyword.arg not in takes or keyword.arg in given or keyword.arg is None:
            raise ScheduleLeftError(f"{found.text(node)} has arguments that the tool does not know", node)
        given[keyword.arg] = keyword.value
        if keyword.arg != "dtype":
            if keyword is not node.keywords[0] or node.args:
                raise ScheduleLeftError(f"{found.text(node)} has arguments in another order", node)
            found.rewriting.replace(source.start(keyword), source.start(keyword.value), "")
    return given


def _tensor(found: Expressions, node: ast.Call, takes: Sequence[str]) -> Value:
    values = _named(found, node, takes)
    if "shape" in values:
        raise ScheduleLeftError(f"{found.text(node)} gives a shape to a number", node)
    if "value" not in values:
        raise ScheduleLeftError(f"{found.text(node)} gives no value", node)
    value = found.of(values["value"])
    if value.kind is not Kind.NUMBER:
        raise ScheduleLeftError(f"{found.text(values['value'])} is no number of Python's", node)
    source = found.module.source
    if "dtype" in values and below_tensorflow(found, values["dtype"]) in _WHOLES:
        return _whole_number(found, node, values["value"], value)
    if "dtype" in values:
        if not _float32(found, values["dtype"]):
            raise ScheduleLeftError(f"{found.text(node)} is another type than float32", node)
    else:
        text = f", {found.rewriting.imported(FLOAT32)}"
        found.rewriting.insert(source.end(values["value"]), text, rank=-3)
    found.rewriting.callee(node.func, found.rewriting.imported(_TENSOR))
    return Value(Kind.FLOAT)


def _whole_number(found: Expressions, node: ast.Call, inner: ast.expr, value: Value) -> Value:
    """A number as a tensor of whole numbers, which calculates as Python's whole numbers do: it stays one."""
    if not isinstance(inner, (ast.Name, ast.Attribute, ast.Constant, ast.Call)):
        raise ScheduleLeftError(f"{found.text(node)} is another type than float32", node)
    source = found.module.source
    found.rewriting.replace(source.start(node), source.start(inner), "")
    found.rewriting.replace(source.end(inner), source.end(node), "")
    found.rewriting.gone.append(node)
    return replace(value, whole=True)


def _operator(found: Expressions, node: ast.Call, operator: Operator, name: str) -> Value:
    arguments = bound(found, node, operator.takes)
    if len(arguments) < len(operator.takes):
        raise ScheduleLeftError(f"{found.text(node)} has too few operands", node)
    values = [found.of(one) for one in arguments]
    for one, value in zip(arguments, values, strict=True):
        fits = value.kind is Kind.TRUTH if operator.logical else value.tensor or value.kind is Kind.NUMBER
        if not fits:
            raise ScheduleLeftError(f"{found.text(one)} is no operand for {found.text(node.func)}", node)
        if operator.jumps:
            found.decides(one, value)
        found.note_raw(one, value)
    found.rewriting.callee(node.func, found.rewriting.operator(operator.target.format(name=name)))
    if values[0].kind is Kind.NUMBER:
        found.rewriting.as_tensor(arguments[0])  # an operator of MindSpore takes a tensor first
    result = calculated(*values)
    return Value(Kind.TRUTH, stepped=result.stepped) if operator.truth else result


def _where(found: Expressions, node: ast.Call, takes: Sequence[str]) -> Value:
    arguments = bound(found, node, takes)
    if len(arguments) != 3:  # noqa: PLR2004 -- the condition and two values
        raise ScheduleLeftError(f"{found.text(node)} gives places, not values", node)
    result = found.chosen(node, arguments, [found.of(one) for one in arguments])
    found.rewriting.callee(node.func, found.rewriting.operator("where"))
    return result


def _cond(found: Expressions, node: ast.Call) -> Value:
    """``tf.cond``: both sides are calculated, and one is taken.  Neither can have an effect but its value."""
    arguments = bound(found, node, ("pred", "true_fn", "false_fn"))
    if len(arguments) != 3:  # noqa: PLR2004 -- the condition and two functions
        raise ScheduleLeftError(f"{found.text(node)} has not two branches", node)
    values = [found.of(arguments[0]), *(_branch(found, one) for one in arguments[1:])]
    result = found.chosen(node, arguments, values)
    found.rewriting.callee(node.func, found.rewriting.operator("where"))
    return result


def _branch(found: Expressions, node: ast.expr) -> Value:
    """What a function without parameters returns; it is called where it stood."""
    source = found.module.source
    if isinstance(node, ast.Lambda):
        start = source.start(node)
        head = _LAMBDA.match(source.data[start : source.start(node.body)])
        if head is None:
            raise ScheduleLeftError(f"{found.text(node)} has parameters", node)
        found.rewriting.replace(start, start + head.end(), "")
        found.rewriting.followed.add(node)
        return found.of(node.body)
    if isinstance(node, (ast.Name, ast.Attribute)):
        call = ast.copy_location(ast.Call(node, [], []), node)
        value = own_call(found, call)
        if value is not None:
            found.rewriting.insert(source.end(node), "()", rank=-1)
            return value
    raise ScheduleLeftError(f"{found.text(node)} is no function that the tool can follow", node)


def own_call(found: Expressions, node: ast.Call) -> Value | None:
    """A call of a function that stands in the same method; None for another."""
    known = found.place.locals.get(node.func.id) if isinstance(node.func, ast.Name) else None
    function = found.place.function
    if function is None:
        return None
    if isinstance(known, (ast.FunctionDef, ast.Lambda)):
        return function(found, known, node)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        method = found.place.methods.get(node.func.attr) if node.func.value.id == found.place.own else None
        if method is not None:
            return function(found, method, node)
    return None


def schedule_call(found: Expressions, node: ast.Call) -> Value | None:
    """A call of another schedule with a step; None for another call."""
    called = None
    if isinstance(node.func, ast.Name):
        called = found.place.locals.get(node.func.id)
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        called = found.place.attributes.get(node.func.attr) if node.func.value.id == found.place.own else None
    if not isinstance(called, Value) or called.kind is not Kind.SCHEDULE:
        return None
    arguments = bound(found, node, ("step",))
    if len(arguments) != 1:
        raise ScheduleLeftError(f"{found.text(node)} is not called with the step alone", node)
    value = found.of(arguments[0])
    if not value.tensor or value.double:
        raise ScheduleLeftError(f"{found.text(arguments[0])} is no step", node)
    return Value(Kind.FLOAT, stepped=value.stepped)


def call(found: Expressions, node: ast.Call) -> Value:
    """Any call in a schedule's class.  Raises ``ScheduleLeftError``."""
    for taken in (own_call, schedule_call, framework_call):
        value = taken(found, node)
        if value is not None:
            return value
    raise ScheduleLeftError(f"{found.text(node)} calls what the tool cannot follow", node)
