"""Rewrites the argument list of one call, keeping the source's lines, comments and spelling.

The call is parsed with libcst; its arguments are taken apart into values and the gaps between them (white space and
comments), and put together again.  This module decides nothing: the plan names every argument of the result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import libcst as cst

from tf2ms_opt.facts import Argument, Build, CallRewrite, Given, Mixed, NewCall, Rebuilt, Text, Value

_EMPTY = cst.Module(body=[])
_NEWLINE = r"(?:\r\n|\r|\n)"
_COMMENT = re.compile(r"#[^\r\n]*")
_LINE_BREAK = re.compile(_NEWLINE + r"[ \t]*$")


@dataclass(frozen=True, slots=True)
class _Layout:
    """A call taken apart.

    ``before[i]`` is the white space before argument ``i`` with the comments on lines of their own; ``before[-1]``
    stands before the closing bracket.  ``after[i]`` is the comment on the line of what precedes argument ``i``
    (``after[0]`` on the line of the opening bracket).
    """

    callee: str
    arguments: tuple[cst.Arg, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    trailing_comma: bool

    @property
    def separator(self) -> str:
        """What stands between two arguments: a line break with their indentation, or a space."""
        for gap in (*self.before[1:-1], *self.before[: 1 if self.arguments else 0]):
            if match := _LINE_BREAK.search(gap):
                return match.group()
        return " "


def rewrite_call(text: str, call: CallRewrite) -> str:
    """The call ``text`` (its exact slice of the file) as ``call`` says."""
    # libcst writes its default newline where the source had another one, so one kind goes in and comes back out.
    newline = re.search(_NEWLINE, text)
    # In brackets, since the source's own may stand outside of this slice.
    node = cst.parse_expression("(" + re.sub(_NEWLINE, "\n", text) + ")")
    if not isinstance(node, cst.Call):
        raise TypeError(f"not a call: {text!r}")
    result = _rewrite(node, call)
    if call.callee is None and not _stands_alone(result):
        result = f"({result})"  # what is called has a line break that the brackets around it had allowed
    return re.sub(_NEWLINE, newline.group(), result) if newline else result


def _stands_alone(text: str) -> bool:
    try:
        cst.parse_expression(text)
    except cst.ParserSyntaxError:
        return False
    return True


def new_call(call: NewCall) -> str:
    """A call that the source did not have."""
    arguments = ", ".join(_assign(argument.keyword, _text(argument.value, ())) for argument in call.arguments)
    return f"{call.callee}({arguments})"


def _rewrite(node: cst.Call, call: CallRewrite) -> str:
    layout = _take_apart(node)
    kept = [argument.origin for argument in call.arguments]
    pieces = [call.callee or layout.callee, "(", layout.after[0]]
    if call.callee is not None:  # the old callee's comments stay, behind the bracket
        apart = [*_inner_comments(node.func), *_inner_comments(node.whitespace_after_func)]
        pieces += [_break(layout) + comment for comment in apart] if pieces[-1] else _own_lines(tuple(apart), layout)
    for position, argument in enumerate(call.arguments):
        earlier = [origin for origin in kept[:position] if origin is not None]
        orphans = _orphans(max(earlier, default=None), argument.origin, layout)
        orphans += _comments_lost(argument, layout)
        gap = _gap(position, argument.origin, layout)
        if "#" in pieces[-1] and not _LINE_BREAK.search(pieces[-1]):
            gap = _behind_a_comment(gap, layout)
        pieces += [gap, *_own_lines(orphans, layout), _item(argument, layout)]
        last = position == len(kept) - 1
        pieces.append("" if last and not layout.trailing_comma else ",")
        if argument.origin is not None:
            pieces.append(layout.after[argument.origin + 1])
    orphans = _orphans(max((origin for origin in kept if origin is not None), default=None), None, layout, closing=True)
    pieces += [_break(layout) + comment for comment in orphans]
    closing = layout.before[-1]
    if "#" in pieces[-1]:
        closing = _behind_a_comment(closing, layout)
    return "".join([*pieces, closing, ")"])


def _take_apart(node: cst.Call) -> _Layout:
    gaps = [_code(node.whitespace_before_args)]
    trailing = False
    for argument in node.args:
        comma = argument.comma
        gap = _code(argument.whitespace_after_arg)
        trailing = isinstance(comma, cst.Comma)
        if isinstance(comma, cst.Comma):
            # White space before a comma goes behind it, so that a comment there keeps its line.
            gap += _code(comma.whitespace_before) + _code(comma.whitespace_after)
        gaps.append(gap)
    split = [re.match(r"([ \t]*#[^\r\n]*)?(.*)", gap, re.DOTALL) for gap in gaps]
    after = tuple((match.group(1) or "") if match else "" for match in split)
    before = tuple(match.group(2) if match else "" for match in split)
    callee = _code(node.func) + _code(node.whitespace_after_func)
    return _Layout(callee, tuple(node.args), before, after, trailing)


def _gap(position: int, origin: int | None, layout: _Layout) -> str:
    """What stands before an argument of the result."""
    own = layout.before[origin] if origin is not None else ""
    if position > 0:
        moved_back = origin == 0 and not _COMMENT.search(own)
        return layout.separator if origin is None or moved_back or not own else own
    if origin is not None:
        return own if origin == 0 or own.strip(" ") else layout.before[0]
    opening = _LINE_BREAK.search(layout.before[0])
    if layout.arguments or opening is None:
        return opening.group() if opening else ""
    return opening.group() + "    " if layout.after[0] else ""  # an empty call with nothing but a comment in it


def _behind_a_comment(gap: str, layout: _Layout) -> str:
    """``gap`` with a line break of its own: what stands on the line of a comment is part of it, a backslash too."""
    return re.sub(r"^[ \t]*\\(?=[\r\n])", "", gap) if re.search(_NEWLINE, gap) else _break(layout)


def _orphans(previous: int | None, origin: int | None, layout: _Layout, *, closing: bool = False) -> tuple[str, ...]:
    """The comments of dropped arguments between the kept argument ``previous`` and ``origin``."""
    stop = len(layout.arguments) if closing else origin
    if stop is None:
        return ()
    start = -1 if previous is None else previous
    found: list[str] = []
    for dropped in range(start + 1, stop):
        found += _COMMENT.findall(layout.before[dropped])
        found += _comments_of(layout.arguments[dropped])
        found += _COMMENT.findall(layout.after[dropped + 1])
    return tuple(found)


def _comments_lost(argument: Argument, layout: _Layout) -> tuple[str, ...]:
    """The comments inside a value that is written anew."""
    match argument.value:
        case Given(index=index, text=str()):
            return tuple(_inner_comments(layout.arguments[index].value))
        case Text() if argument.origin is not None:  # what stands between the brackets may have gone elsewhere
            value = layout.arguments[argument.origin].value
            return tuple(comment for one in (*value.lpar, *value.rpar) for comment in _inner_comments(one))
        case _:
            return ()


def _inner_comments(node: cst.CSTNode) -> list[str]:
    """The comments anywhere inside a node, in the order of the source."""
    found = [node.value] if isinstance(node, cst.Comment) else []
    for child in node.children:
        found += _inner_comments(child)
    return found


def _comments_of(argument: cst.Arg) -> list[str]:
    """The comments between an argument's first character and its last, also those beside its ``=`` or its star."""
    beside = argument.equal if isinstance(argument.equal, cst.AssignEqual) else argument.whitespace_after_star
    return [*_inner_comments(beside), *_inner_comments(argument.value)]


def _own_lines(comments: tuple[str, ...], layout: _Layout) -> tuple[str, ...]:
    return tuple(comment + _break(layout) for comment in comments)


def _break(layout: _Layout) -> str:
    """A line break inside the brackets, as the call itself writes it."""
    for gap in (layout.separator, *layout.before):
        if match := re.search(_NEWLINE + r"[ \t]*", gap):
            return match.group()
    return "\n"


def _item(argument: Argument, layout: _Layout) -> str:
    value = _text(argument.value, layout.arguments)
    if isinstance(argument.value, Given) and _is_bare_walrus(layout.arguments[argument.value.index]):
        value = f"({value})"
    if argument.origin is None:
        return _assign(argument.keyword, value)
    origin = layout.arguments[argument.origin]
    if argument.keyword is None:
        return origin.star + value
    equal = _code(origin.equal) if isinstance(origin.equal, cst.AssignEqual) else "="
    return f"{argument.keyword}{equal}{value}"


def _is_bare_walrus(argument: cst.Arg) -> bool:
    """``name := value`` may stand by position as it is, but needs brackets behind a keyword."""
    return isinstance(argument.value, cst.NamedExpr) and not argument.value.lpar


def _assign(keyword: str | None, value: str) -> str:
    return value if keyword is None else f"{keyword}={value}"


def _text(value: Value, arguments: tuple[cst.Arg, ...]) -> str:
    match value:
        case Text(text):
            return text
        case Given(index, wrap, text):
            inner = _code(arguments[index].value) if text is None else text
            return inner if wrap is None else f"{wrap}({inner})"
        case Build(callee, values):
            return f"{callee}({', '.join(_text(inner, arguments) for inner in values)})"
        case Rebuilt(index, call):
            node = arguments[index].value
            if not isinstance(node, cst.Call):
                raise TypeError("the argument to rebuild is not a call")
            return _rewrite(node, call)
        case Mixed(_, pieces):
            return "".join(one if isinstance(one, str) else rewrite_call(*one) for one in pieces)


def _code(node: cst.CSTNode) -> str:
    return _EMPTY.code_for_node(node)
