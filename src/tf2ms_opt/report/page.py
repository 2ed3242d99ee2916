"""The page of a run: one HTML file that needs no network, for who plans a migration and who reviews it.

What it shows of files is text and never markup: the template escapes everything, and the browser is told to run the
page's own script alone.  The only module that knows jinja2.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tf2ms_opt import __version__
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import Summary
from tf2ms_opt.report import curves
from tf2ms_opt.report.entries import FileEntry, Need, measurements
from tf2ms_opt.report.places import escaped, printable
from tf2ms_opt.report.statistics import NO_RULE, Tally
from tf2ms_opt.runtime_files import RuntimeFile

_TEMPLATES = Path(__file__).with_name("templates")
#: fewer files than this are shown open
_FEW = 8
HEADINGS = {
    Need.FAILED: ("Could not be processed", "These files stayed as they are; the reason stands with each."),
    Need.LEFT: ("Need a hand", "Something in them is left for a person; the reason and the next step stand with it."),
    Need.REVIEW: ("To review", "Converted, and a named difference remains in them for a person to judge."),
    Need.CONVERTED: ("Converted, nothing to judge", "Nothing in these files asks for a person."),
    Need.NOTED: ("Nothing to convert, with a note", "These files stay as they are."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """What the page is about: the totals, what was asked for, and every file with something to say."""

    summary: Summary
    #: files with nothing to say, which are only counted
    plain: int
    #: option -> value, as on the command line
    asked: tuple[tuple[str, str], ...]
    tally: Tally
    entries: Sequence[FileEntry]
    modules: tuple[RuntimeFile, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the bar of outcomes, in percent of its width."""

    outcome: str
    count: int
    start: float
    width: float


def page(run: Run, lexicon: Lexicon = ENGLISH) -> str:
    """The whole page.  The same run gives the same page."""
    words = lexicon.words
    style, script = _own("page.css"), _own("page.js")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_inline, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"code": code, "inline": printable, "prose": prose}
    groups = [
        (need, *map(words, HEADINGS[need]), found)
        for need in Need if (found := [one for one in run.entries if one.need is need])
    ]  # fmt: skip
    return environment.get_template("page.html").render(
        run=run,
        version=__version__,
        say=partial(_said, lexicon),
        words=words,
        language=lexicon.language,
        groups=groups,
        shares=_shares(run.summary),
        measurements=measurements(run.entries),
        codes=run.tally.codes(lexicon),
        rules=run.tally.rules(),
        no_rule=NO_RULE,
        picture=curves,
        open=len(run.entries) < _FEW,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _inline(value: object) -> object:
    """Whatever the template puts into the page, on one line and in characters that print, unless it is markup."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def code(text: str) -> Markup:
    """A line of a file: what does not print, or turns the direction of writing, is shown by its number."""
    if text.isprintable():
        return escape(text)
    return Markup("").join(_characters(text))


def prose(text: str) -> Markup:
    """A sentence of ours: what stands in backticks is code."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:  # an odd backtick is part of someone's text
        return escape(printable(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if at % 2 else escape(one) for at, one in enumerate(parts)
    )


def _said(lexicon: Lexicon, text: str, /, **places: object) -> Markup:
    """A sentence of the page itself, with its places filled in: ours may be markup, a file's never are."""
    filled = {name: _inline(value) for name, value in places.items()}
    return prose(lexicon.words(text)).format(**filled)


def _characters(text: str) -> Iterable[Markup]:
    for character in text:
        if character.isprintable() or character == "\t":
            yield escape(character)
        else:
            yield Markup('<span class="esc">{}</span>').format(escaped(character))


def _shares(summary: Summary) -> list[Share]:
    counts = {"converted": summary.sites_converted, "review": summary.sites_review, "left": summary.sites_left}
    shares: list[Share] = []
    start = 0.0
    for outcome, count in counts.items() if summary.sites else ():
        width = 100 * count / summary.sites
        shares.append(Share(outcome, count, round(start, 3), round(width, 3)))
        start += width
    return shares


def _own(name: str) -> Markup:
    """A part of the page that is ours, and goes into it as it is."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 -- nothing of a run's files is in it


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
