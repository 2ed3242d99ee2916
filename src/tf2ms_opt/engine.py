"""One file: bytes in, ``Outcome`` out.  Pure, without I/O, and it never raises for bad input.

``convert_source`` is the public Python API; it can be mapped over any number of files.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import Mentions
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.source import SourceText, UndecodableError


def has_candidate(data: bytes, rules: RuleSet) -> bool:
    """Whether the bytes hold any word that a site needs; most files of a tree do not, and are done with."""
    return rules.pattern.search(data) is not None


def convert_source(data: bytes, rules: RuleSet, options: Options | None = None, path: str = "<stdin>") -> Outcome:
    """Convert one file's bytes.

    The outcome is ``failed``, with the reason among its findings and ``after`` equal to ``before``, for bytes that do
    not decode or parse and for a result that does not pass the self-check.
    """
    if not has_candidate(data, rules) and (options is None or not options.neighbours.gains):
        return Outcome(path, FileStatus.UNCHANGED, data, data)
    if path.endswith(".ipynb"):
        advice = "Convert it to a script first (jupyter nbconvert --to script), or copy the cells that build the model."
        return _failed(data, path, finding("unparsable-file/notebook", 1, 1, help=advice))
    try:
        source = SourceText.of(data)
    except UndecodableError as error:
        return _failed(data, path, finding("undecodable-file", 1, 1, error=error))
    return _convert(data, source, rules, options or Options(), path)


def _convert(data: bytes, source: SourceText, rules: RuleSet, options: Options, path: str) -> Outcome:
    # The stages behind the byte search are imported here: most runs over most trees need none of them.
    from tf2ms_opt.plan.compose import plan
    from tf2ms_opt.selfcheck import problem
    from tf2ms_opt.syntax.splices import apply
    from tf2ms_opt.trace.module import Module

    try:
        module = Module.parse(source, rules)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _failed(data, path, _unparsable(error))
    try:
        decided = plan(module, options, path)
        findings = tuple(one for one in decided.findings if _shown(one, options))
        told = (decided.generation, decided.told_by)
        if not decided.splices:
            left = Outcome(path, FileStatus.UNCHANGED, data, data, decided.sites, findings, *told)
            return replace(left, refused=decided.refused)
        text = apply(source, decided.splices)
        wrong = problem(source.data, text, decided.splices)
        if wrong is None:
            again = Module.parse(SourceText(text, source.encoding, source.bom), rules)
            neighbours = replace(options.neighbours, gains=())  # the calls have what they were to gain
            alone = replace(options, neighbours=neighbours)
            wrong = "a second run would change the result" if plan(again, alone, path).splices else None
    except RecursionError:
        return _failed(data, path, finding("unparsable-file", 1, 1, error="an expression is nested too deeply"))
    except Exception as error:  # noqa: BLE001 -- a bug of ours costs one file, never a run or a user's text
        wrong = f"{type(error).__name__}: {error}"
    if wrong is not None:
        return _failed(data, path, finding("self-check-failed", 1, 1, problem=wrong))
    result = (path, FileStatus.CONVERTED, data, source.encode(text), decided.sites, findings)
    return Outcome(*result, *told, decided.runtime, decided.signatures, decided.refused)


def returns_optimizer(data: bytes, rules: RuleSet) -> bool:
    """Whether a function of the file returns an optimizer, so that calls in other files may have to change with it.

    False for a file that cannot be read.
    """
    from tf2ms_opt.plan.sites import find
    from tf2ms_opt.trace.module import Module
    from tf2ms_opt.trace.uses import UseKind, uses_of

    if not has_candidate(data, rules) or b"return" not in data:
        return False
    try:
        module = Module.parse(SourceText.of(data), rules)
        return any(use.kind is UseKind.RETURN for site in find(module) for use in uses_of(module, site.expression))
    except Exception:  # noqa: BLE001 -- what is wrong with the file is said where it is converted
        return False


def mentions(data: bytes, rules: RuleSet, names: Collection[str]) -> Mentions | None:
    """Where the file uses or imports what may be a function with one of ``names``; None where it cannot be read."""
    from tf2ms_opt.plan.foreign import mentions as found
    from tf2ms_opt.trace.module import Module

    try:
        return found(Module.parse(SourceText.of(data), rules), names)
    except (UndecodableError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _failed(data: bytes, path: str, why: Finding) -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, (), (why,))


def _unparsable(error: Exception) -> Finding:
    line = getattr(error, "lineno", None) or 1
    column = getattr(error, "offset", None) or 1
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    key = "unparsable-file/python2" if _looks_like_python2(message) else "unparsable-file"
    return finding(key, line, max(column, 1), error=message)


def _looks_like_python2(message: str) -> bool:
    signs = ("Missing parentheses in call to", "multiple exception types", "leading zeros in decimal", "mean print")
    return any(sign in message for sign in signs)


def _shown(one: Finding, options: Options) -> bool:
    """Codes in select and ignore choose which findings are reported; what is converted does not depend on them."""
    wanted = [code for code in options.select if code.startswith("TMO")]
    if any(one.code.startswith(code) for code in options.ignore if code.startswith("TMO")):
        return False
    return not wanted or any(one.code.startswith(code) for code in wanted)
