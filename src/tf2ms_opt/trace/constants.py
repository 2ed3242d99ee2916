"""The values of constants and of arithmetic on them, as far as they can be told without running anything."""

from __future__ import annotations

import ast


def literal(node: ast.expr) -> tuple[object] | None:
    """The value of a constant or of a signed number."""
    match node:
        case ast.Constant(value=value):
            return (value,)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return (-number,)
        case ast.UnaryOp(op=ast.UAdd(), operand=ast.Constant(value=int() | float() as number)):
            return (number,)
        case _:
            return None


def calculated(op: ast.operator, left: object, right: object) -> tuple[bool, object]:
    """The value of a sum, difference, product or quotient of two numbers."""
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        return False, None
    match op:
        case ast.Add():
            return True, left + right
        case ast.Sub():
            return True, left - right
        case ast.Mult():
            return True, left * right
        case ast.Div() if right:
            return True, left / right
        case _:
            return False, None


def says_none(node: ast.expr | None) -> bool:
    """Whether ``node`` is a ``None`` that is written out."""
    return isinstance(node, ast.Constant) and node.value is None


def is_literal(node: ast.expr) -> bool:
    """Whether ``node`` itself, and not what a name stands for, is a constant."""
    return literal(node) is not None
