"""Proves a result before it is written: it parses, nothing outside the planned edits changed, no comment is lost.

That a second run changes nothing is checked by the engine, which owns the run.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections import Counter
from collections.abc import Sequence

from tf2ms_opt.diagnostics import Finding, finding, syntax_problem
from tf2ms_opt.facts import Splice

#: characters of code: their tree may take 1.5 GB
_MOST = 2_000_000


def problem(before: bytes, after: bytes, splices: Sequence[Splice]) -> str | None:
    """What is wrong with ``after`` (UTF-8) as a conversion of ``before``; None if nothing is."""
    try:
        parse(after.decode())
    except (SyntaxError, ValueError) as error:
        return f"the result does not parse: {error}"
    if not _untouched_elsewhere(before, after, splices):
        return "text outside the planned edits changed"
    if not _newlines(after) <= (_newlines(before) or {b"\n"}):
        return "another kind of line end came in"
    lost = _comments(before) - _comments(after)
    if lost:
        return f"a comment is lost: {next(iter(lost))}"
    return None


def unparsable(error: Exception) -> Finding:
    """The finding on a text that ``parse`` refused."""
    if isinstance(error, OversizedError):
        return finding("oversized-file/size", 1, 1, size=error.size, most=error.most)
    return syntax_problem(error)


def problem_of_comments(before: bytes, after: bytes, splices: Sequence[Splice]) -> str | None:
    """What is wrong with ``after`` (UTF-8) as ``before`` with other comments; None if nothing is."""
    try:
        same = ast.dump(parse(before.decode())) == ast.dump(parse(after.decode()))
    except (SyntaxError, ValueError) as error:
        return f"the result does not parse: {error}"
    if not same or not _untouched_elsewhere(before, after, splices):
        return "more than comments changed"
    return None if _newlines(after) <= (_newlines(before) or {b"\n"}) else "another kind of line end came in"


class OversizedError(ValueError):
    """More code than is parsed; how much it is, and how much is, in megabytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size, self.most = (f"{count / 1_000_000:.3g}" for count in (size, _MOST))


def parse(text: str) -> ast.Module:
    """``ast.parse`` without warnings about the code under conversion; raises ``OversizedError`` as well."""
    if len(text) > _MOST:
        raise OversizedError(len(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _untouched_elsewhere(before: bytes, after: bytes, splices: Sequence[Splice]) -> bool:
    """Whether every stretch between the splices stands in ``after``, in the same order."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end))
    starts = [0, *(splice.end for splice in ordered)]
    ends = [*(splice.start for splice in ordered), len(before)]
    stretches = [before[start:end] for start, end in zip(starts, ends, strict=True)]
    if not after.startswith(stretches[0]) or not after.endswith(stretches[-1]):
        return False
    position = len(stretches[0])
    for stretch in stretches[1:]:
        found = after.find(stretch, position)
        if found < 0:
            return False
        position = found + len(stretch)
    return True


def _newlines(data: bytes) -> set[bytes]:
    return set(re.findall(rb"\r\n|\r|\n", data))


def _comments(data: bytes) -> Counter[str]:
    """The comments of a file; none where the tokenizer gives up on text that the parser accepts."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(data.decode(), newline="").readline)
        return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return Counter()
