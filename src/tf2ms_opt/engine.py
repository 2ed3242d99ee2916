"""One file: bytes in, ``Outcome`` out.  Pure, without I/O, and it never raises for bad input.

``convert_source`` is the public Python API; it can be mapped over any number of files.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tf2ms_opt.diagnostics import Finding, Severity, finding
from tf2ms_opt.neighbours import Neighbours
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import FileStatus, Outcome
from tf2ms_opt.rulebook import Rules
from tf2ms_opt.source import SIGN, SourceText, UndecodableError, is_notebook

if TYPE_CHECKING:
    from tf2ms_opt.plan.compose import Plan
    from tf2ms_opt.ruleset import RuleSet
    from tf2ms_opt.trace.module import Module


_ROUNDS = 5  # of annotations that name lines, and move them


def has_candidate(data: bytes, rules: Rules, path: str = "<stdin>") -> bool:
    """Whether the bytes hold a word that a site needs, or one to us; most files of a tree do not, and are done with."""
    code = _code(data, path)
    return rules.pattern.search(code) is not None or SIGN in code


def _code(data: bytes, path: str) -> bytes:
    """What is searched for words: of a notebook the code alone, for its pictures hold every short word by chance."""
    if not is_notebook(data, path):
        return data
    from tf2ms_opt.notebooks.document import code_of

    return code_of(data)


def convert_source(data: bytes, rules: RuleSet, options: Options | None = None, path: str = "<stdin>") -> Outcome:
    """Convert one file's bytes.

    The outcome is ``failed``, with the reason among its findings and ``after`` equal to ``before``, for bytes that do
    not decode or parse and for a result that does not pass the self-check.
    """
    unchanged = Outcome(path, FileStatus.UNCHANGED, data, data)
    concern = options is not None and options.neighbours.concern
    if not concern and not has_candidate(data, rules, path):
        return unchanged
    outcome = _converted(data, rules, options or Options(), path)
    # a file without any site may be whatever it likes, even if it has a comment to us
    silent = outcome.failed and not concern and rules.pattern.search(_code(data, path)) is None
    return unchanged if silent else outcome


def _converted(data: bytes, rules: RuleSet, options: Options, path: str) -> Outcome:
    if is_notebook(data, path):
        from tf2ms_opt.notebooks.conversion import convert_notebook

        outcome = convert_notebook(data, rules, options, path, partial(_convert, rules=rules, path=path))
        found = outcome.findings if outcome.failed else tuple(one for one in outcome.findings if _shown(one, options))
        return replace(outcome, findings=found)
    try:
        source = SourceText.of(data)
    except UndecodableError as error:
        return _failed(data, path, finding("undecodable-file", 1, 1, error=error))
    return _convert(source, options, data, rules=rules, path=path)


def _convert(source: SourceText, options: Options, data: bytes, *, rules: RuleSet, path: str) -> Outcome:
    # The stages behind the byte search are imported here: most runs over most trees need none of them.
    from tf2ms_opt.suppressions import suppressions_of

    comments = suppressions_of(source, rules)
    if comments.skip_file:
        return Outcome(path, FileStatus.UNCHANGED, data, data)
    from tf2ms_opt.plan.compose import plan
    from tf2ms_opt.selfcheck import unparsable
    from tf2ms_opt.trace.module import Module

    try:
        module = Module.parse(source, rules, options.neighbours)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _failed(data, path, unparsable(error))
    if comments.problem is not None:
        return _failed(data, path, finding("unparsable-file/comments", 1, 1, error=comments.problem))
    text, wrong = source.data, None
    try:
        decided = last = plan(module, options, path)
        if decided.splices:
            from tf2ms_opt.selfcheck import problem
            from tf2ms_opt.syntax.splices import apply

            text = apply(source, decided.splices)
            wrong = problem(source.data, text, decided.splices)
        if decided.splices and wrong is None:
            module = Module.parse(source.with_data(text), rules, Neighbours(told=module.told))
            options = replace(options, neighbours=options.neighbours.settled())
            last = plan(module, options, path)
            wrong = "a second run would change the result" if last.splices else None
        if wrong is None and (options.annotate or SIGN in text):
            text, wrong = _annotated(module, last, options, path)
    except RecursionError:
        return _failed(data, path, finding("unparsable-file", 1, 1, error="an expression is nested too deeply"))
    except Exception as error:  # noqa: BLE001 -- a bug of ours costs one file, never a run or a user's text
        wrong = f"{type(error).__name__}: {error}"
    if wrong is not None:
        return _failed(data, path, finding("self-check-failed", 1, 1, problem=wrong))
    findings = tuple(one for one in decided.findings if _shown(one, options))
    status, after = FileStatus.UNCHANGED, data
    if text != source.data:
        status, after = FileStatus.CONVERTED, source.encode(text)
    told = (decided.generation, decided.told_by)
    result = (path, status, data, after, decided.sites, findings)
    comments_alone = status is FileStatus.CONVERTED and not decided.splices
    return Outcome(*result, *told, decided.runtime, decided.across, comments_alone)


def _annotated(module: Module, decided: Plan, options: Options, path: str) -> tuple[bytes, str | None]:
    """The text with comments above what is left, as a further run would leave it; and what is wrong with it."""
    from tf2ms_opt.annotations import edits
    from tf2ms_opt.comments import comments_of
    from tf2ms_opt.plan.compose import plan
    from tf2ms_opt.selfcheck import problem_of_comments
    from tf2ms_opt.trace.module import Module

    rules = (*options.select, *options.ignore)
    every = options if all(name.startswith("TMO") for name in rules) else replace(options, select=(), ignore=())
    for _ in range(_ROUNDS):
        left = _left(decided if every is options else plan(module, every, path))
        wanted = [one for one in _left(decided) if _shown(one, options)] if options.annotate else None
        before = module.source.data
        splices = edits(module.source, comments_of(module.source), left, wanted)
        if not splices:
            return before, None
        from tf2ms_opt.syntax.splices import apply

        after = apply(module.source, splices)
        if (wrong := problem_of_comments(before, after, splices)) is not None:
            return before, wrong
        module = Module.parse(module.source.with_data(after), module.rules, Neighbours(told=module.told))
        decided = plan(module, options, path)
    return module.source.data, "the comments above what is left do not settle"


def _left(decided: Plan) -> list[Finding]:
    return [one for one in decided.findings if one.severity is Severity.LEFT]


def _failed(data: bytes, path: str, why: Finding) -> Outcome:
    return Outcome(path, FileStatus.FAILED, data, data, (), (why,))


def _shown(one: Finding, options: Options) -> bool:
    """Codes in select and ignore choose which findings are reported; what is converted does not depend on them."""
    wanted = [code for code in options.select if code.startswith("TMO")]
    if any(one.code.startswith(code) for code in options.ignore if code.startswith("TMO")):
        return False
    return not wanted or any(one.code.startswith(code) for code in wanted)
