"""Write ``docs/RULE.md`` and its picture for every optimizer and schedule that the parity lab has measured.

    python scripts/rule_documents.py [RULE ...]

The page comes from the rule and its evidence alone; the picture needs matplotlib.  ``tests/test_docs.py`` fails when
one of them is out of date.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tf2ms_opt.evidence import conditions
from tf2ms_opt.report import measured
from tf2ms_opt.report.table import candidates, cells
from tf2ms_opt.rules import Row, Rule
from tf2ms_opt.ruleset import Candidate, RuleSet, load

DOCS = Path(__file__).parents[1] / "docs"
LEVELS = ("names", "stock", "exact")
#: below this only equal bits can be drawn
FLOOR = 1e-9
COLOURS = {"names": "tab:red", "stock": "tab:orange", "exact": "tab:green"}
LABELS = {"names": "renamed (names)", "stock": "MindSpore's class (stock)", "exact": "runtime class (exact)"}

HEAD = """\
# {title}

<!-- Written by scripts/rule_documents.py from the rule and its evidence; do not edit. -->

{summary}. In MindSpore: {target}.
"""

PICTURE = """\
## {heading}

[![Deviation of {what} by step, for every fidelity](./{name}.svg)](./{name}.svg)

Each field is a setting of one generation: over the steps, how far {what} in MindSpore {are} from {those} in
TensorFlow, relative to {scale}. {colours}
A line at the bottom means that every bit is equal.{worst}

## What is emitted, and how far it was measured to deviate

{steps} steps, {conditions}; TensorFlow in eager mode, MindSpore in PYNATIVE and GRAPH mode, which gave the
same bits. The number is the largest of all {runs} that were run, relative to
{scale}. Nothing was measured on Ascend or GPU. To measure again: `tf2ms-opt verify --rule {name}`.
"""

#: what an optimizer moves, and what a schedule gives
WORDS = {
    "optimizer": {
        "heading": "Why renaming is not enough", "what": "the weights", "are": "are", "those": "those",
        "scale": "the largest weight of their tensor", "runs": "gradient sizes, tensor shapes and argument values",
        "worst": " The worst size of\ngradients counts, from 1e-6 to 1e2: where orange is high, the table says for "
        "which, and for which it is almost nothing.",
    },
    "schedule": {
        "heading": "The rate, step by step", "what": "the learning rate", "are": "is", "those": "that",
        "scale": "its largest value", "runs": "argument values", "worst": "",
    },
}  # fmt: skip
RENAMED = "Red is the plain renaming (`--fidelity names`), orange what is emitted by default (`stock`), green `exact`."
#: where MindSpore has no class, there is nothing to rename
OURS = {
    "heading": "How far apart, step by step",
    "colours": "Orange is emitted by default (`stock`), green at `exact`.",
}

PARAMETERS = """\
## What becomes of each parameter

By generation, in the order of the signature. *Always written*: MindSpore's own default is another, or has been
announced to change. `tf2ms-opt rules {name}` prints the same.
"""


def main() -> None:
    """Write the pages and the pictures."""
    DOCS.mkdir(exist_ok=True)
    rules = load()
    wanted = sys.argv[1:] or rules.rules
    for rule in (one for one in documented(rules) if one.name in wanted):
        (DOCS / f"{rule.name}.md").write_text(page(rule, rules), encoding="utf-8", newline="\n")
        draw(rule, DOCS / f"{rule.name}.svg")
        print(f"written: docs/{rule.name}.md, docs/{rule.name}.svg")


def documented(rules: RuleSet) -> list[Rule]:
    """The rules with evidence."""
    return [rule for rule in rules.rules.values() if rule.evidence is not None]


def digest(rule: Rule) -> str:
    """What a picture is made of; it stands in the picture, so that an old one is noticed."""
    return hashlib.sha256(msgspec.json.encode(rule.evidence)).hexdigest()[:16]


def page(rule: Rule, rules: RuleSet) -> str:
    """The page of one rule."""
    return "\n".join(_lines(rule, rules)).rstrip("\n") + "\n"


def _lines(rule: Rule, rules: RuleSet) -> Iterator[str]:
    evidence = rule.evidence
    if evidence is None:
        return
    yield HEAD.format(title=rule.source[0].class_name, summary=rule.summary, target=_target(rule))
    renamed = any(row.fidelity == "names" for row in evidence.row)
    words = {"colours": RENAMED} | WORDS[rule.kind] | ({} if renamed else OURS)
    yield PICTURE.format(name=rule.name, steps=evidence.steps, conditions=conditions(evidence), **words)
    for source in rule.source:
        for generation in source.generations:
            yield f"### `{source.class_name}` in {generation}: {rules.framework.generation[generation].title}\n"
            yield from _table(rule, generation)
            yield ""
    reasons = [f"- {', '.join(one.generations)}: {why.reason}." for one in rule.source for why in one.difference]
    states = [f"- names alone: {state.because}." for source in rule.source for state in source.state]
    if reasons or states:
        yield "Where a line differs, the reason is one of these:\n"
        yield from dict.fromkeys([*reasons, *states])
        yield ""
    yield PARAMETERS.format(name=rule.name)
    same: dict[tuple[str, ...], list[str]] = {}
    for candidate in candidates(rule, rules):
        same.setdefault((candidate.source.class_name, *_parameters(candidate)), []).append(candidate.generation)
    for (name, *table), generations in same.items():
        yield f"### `{name}` ({', '.join(generations)})\n"
        yield from table
        yield ""


def _target(rule: Rule) -> str:
    target = rule.target
    return f"[`{target.name}`]({target.docs})" if target.name else f"a class of the runtime module ({target.reason})"


def _parameters(candidate: Candidate) -> Iterator[str]:
    yield "| parameter | default | becomes |"
    yield "|---|---|---|"
    for parameter in candidate.parameters:
        name, default, becomes = cells(parameter, candidate)
        reason = f" ({parameter.reason})" if parameter.reason else ""
        yield f"| `{name}` | {default if default == '(required)' else f'`{default}`'} | {becomes}{reason} |"


def _table(rule: Rule, generation: str) -> Iterator[str]:
    found = list(measured.rows(rule, generation))
    if not found:
        yield "Not measured."
        return
    yield "| setting | names | stock | exact | TensorFlow's own two modes |"
    yield "|---|---|---|---|---|"
    for setting in dict.fromkeys(row.setting for row in found):
        rows = {row.fidelity: row for row in found if row.setting == setting}
        cells = [_cell(rows[level]) if level in rows else "-" for level in LEVELS]
        itself = max(row.itself for row in rows.values())
        own = f"{itself:.2g} apart" if itself else "bit-equal"
        yield f"| {setting or 'any'} | {' | '.join(cells)} | {own} |"


def _cell(row: Row) -> str:
    return f"`{row.target.rpartition('.')[2]}` {measured.deviation(row)}"


def draw(rule: Rule, file: Path) -> None:
    """Small multiples: a row a generation, a field a setting, a line a fidelity."""
    import matplotlib as mpl  # noqa: PLC0415 -- the pages alone are made without it
    from matplotlib.figure import Figure  # noqa: PLC0415

    evidence = rule.evidence
    if evidence is None:
        return
    rows = [row for row in evidence.row if not row.schedule]
    generations = list(dict.fromkeys(row.generation for row in rows))
    levels = [level for level in LEVELS if any(row.fidelity == level for row in rows)]
    settings = [list(dict.fromkeys(row.setting for row in rows if row.generation == one)) for one in generations]
    columns = max(map(len, settings))
    with mpl.rc_context({"svg.hashsalt": rule.name, "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(3 * columns, 2.1 * len(generations) + 0.6), layout="constrained")
        axes = figure.subplots(len(generations), columns, squeeze=False, sharex=True, sharey=True)
        for line, generation, among in zip(axes, generations, settings, strict=True):
            line[0].set_ylabel("deviation")
            for one, setting in zip(line, among, strict=False):
                found = [row for row in rows if (row.generation, row.setting) == (generation, setting)]
                _field(one, found, evidence.curve_steps)
                one.set_title(f"{generation}: {setting or 'any setting'}", fontsize=8, loc="left")
            for one in line[len(among) :]:
                one.set_visible(False)
        for column in axes.T:
            last = next(one for one in reversed(column) if one.get_visible())
            last.set_xlabel("step")
            last.tick_params(labelbottom=True)
        handles = [mpl.lines.Line2D([], [], color=COLOURS[level], label=LABELS[level]) for level in levels]
        figure.legend(handles=handles, loc="outside upper center", ncols=len(levels), frameon=False)
        figure.savefig(file, metadata={"Date": None, "Description": digest(rule)}, facecolor="white")


def _field(axes, rows: list[Row], steps: tuple[int, ...]) -> None:  # noqa: ANN001 -- matplotlib has no types
    axes.axhspan(FLOOR / 3, 1e-6, color="0.93", linewidth=0)
    axes.text(steps[-1], 3e-9, "float32 rounding", fontsize=6, color="0.45", ha="right", va="bottom")
    for width, level in zip((1.6, 3.2, 1.6), LEVELS, strict=True):
        for row in rows:
            if row.fidelity == level:
                heights = [max(deviation, FLOOR) for deviation in row.curve]
                axes.plot(steps, heights, color=COLOURS[level], linewidth=width)
    axes.set_yscale("log")
    axes.set_ylim(FLOOR / 3, 10)


if __name__ == "__main__":
    main()
