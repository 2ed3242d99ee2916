"""The languages that reports come in: English stands where it is said, and its translations in ``zh``, by the sentence.

Findings are translated by their names and places, words of the reports and reasons by their English text.  What has no
translation (a rule file of the user's own, for example) stays English.  Nothing is read before it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from tf2ms_opt import regular
from tf2ms_opt.diagnostics import Entry, Finding, catalogue

Language: TypeAlias = Literal["en", "zh"]

CHINESE: Language = "zh"
#: the first of these that is set is the locale of messages; LANGUAGE goes over it, except over C
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
#: how several sentences are put into one place of a message, here and there
_JOINTS = (("; ", "；"), (", ", "，"))
#: letters beside its places, below which a message is no sentence that could be recognized inside of another
_TELLING = 12
#: how the line of a notebook's cell, or of another file, comes into a translation
_LINE_OF = re.compile(r"第 (\d+)(?: of cell (\d+))?(?: of (\S+\.(?:py|ipynb)))? 行")
#: places that hold sentences of ours; all others hold the text of a file, of which nothing may be translated
SAID = frozenset(
    "advice because counted difference error how layers meant message methods other parts place problem reason source "
    "term where why".split()
)
#: what the text in a place of a sentence looks like, where that is known
_WORD = r"\S+"
_PLACES = {
    "line": r"\d+(?: of cell \d+)?(?: of \S+\.(?:py|ipynb))?",
    "path": r"\S+\.(?:py|ipynb)",
    **dict.fromkeys(("attribute", "cell", "function", "name", "owner"), _WORD),
}
_PLACE = r"\{\w*\}"
#: a reason that is at a place of another file
_PLACED = "line {line}: {why}"


class TranslationError(Exception):
    """A file of translations that cannot be used; the text names the file."""


class Translation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A finding of the catalogue in another language: what is said, and nothing of what it is."""

    #: a digest of the English that was translated; a test holds it to what the catalogue says today
    english: str
    title: str
    explanation: str
    next_step: str
    messages: dict[str, str]


class Lexicon:
    """English: everything is said as it is written."""

    @property
    def language(self) -> Language:
        return "en"

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The findings of the catalogue by their names."""
        return catalogue()

    def words(self, text: str) -> str:
        """A word or sentence of a report, its ``{places}`` not filled in yet."""
        return text

    def say(self, text: str, /, **places: object) -> str:
        """The same with its places filled in."""
        return self.words(text).format(**places)

    def phrase(self, text: str) -> str:
        """A reason or advice that is filled in already."""
        return text

    def finding(self, finding: Finding) -> Finding:
        """A finding with its message and its next step."""
        return finding


ENGLISH = Lexicon()


@dataclass(frozen=True, eq=False)
class _Translated(Lexicon):
    _language: Language
    _entries: Mapping[str, Entry]
    _words: Mapping[str, str]
    #: sentences without places, and those with places, which are found by the text around these
    _sentences: Mapping[str, str]
    _patterns: Sequence[tuple[re.Pattern[str], str]]

    @property
    def language(self) -> Language:
        return self._language

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def words(self, text: str) -> str:
        return self._words.get(text, text)

    def phrase(self, text: str) -> str:
        return _of_cells(self._several(text) or self._whole(text) or text)

    def _several(self, text: str) -> str | None:
        """Sentences that stand in one place together, each of which is known."""
        for separator, joint in _JOINTS:
            at = text.find(separator)
            while at > 0:
                first, rest = self._whole(text[:at]), text[at + len(separator) :]
                if first is not None and (other := self._several(rest) or self._whole(rest)) is not None:
                    return first + joint + other
                at = text.find(separator, at + 1)
        return None

    def _whole(self, text: str) -> str | None:
        if text in self._sentences or " " not in text:
            return self._sentences.get(text)
        for pattern, translation in self._patterns:
            if match := pattern.fullmatch(text):
                return translation.format(**self._filled(match.groupdict().items()))
        return None

    def _filled(self, places: Iterable[tuple[str, str]]) -> dict[str, str]:
        """What goes into places: the text of a file as it is, unless the whole of it is a sentence of ours."""
        return {
            name: self.phrase(text) if name in SAID else self._sentences.get(text, text) if " " in text else text
            for name, text in places
        }

    def finding(self, finding: Finding) -> Finding:
        entry = self._entries.get(finding.name)
        if entry is None:
            return finding
        places = self._filled(finding.details)
        message = _of_cells(entry.messages[finding.variant].format(**places))
        own = finding.help != catalogue()[finding.name].next_step
        return replace(finding, message=message, help=self.phrase(finding.help) if own else entry.next_step)


def _of_cells(text: str) -> str:
    """Lines of cells and of other files in the order of Chinese: the engine names them ``5 of cell 2 of a.ipynb``."""

    def ordered(found: re.Match[str]) -> str:
        line, cell, path = found.groups()
        return "".join([f"{path} " if path else "", f"单元格 {cell} " if cell else "", f"第 {line} 行"])

    return _LINE_OF.sub(ordered, text)


def of_locale(environment: Mapping[str, str]) -> Language:
    """The language that the environment asks for: Chinese for any of its regions and scripts, else English."""
    asked = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    if environment.get("LANGUAGE") and asked.partition(".")[0] not in ("C", "POSIX"):
        asked = environment["LANGUAGE"].partition(":")[0]
    return CHINESE if re.match(r"zh(?![a-z])", asked, re.IGNORECASE) else "en"


@lru_cache(maxsize=2)
def lexicon(language: Language, rules: tuple[Path, ...] = ()) -> Lexicon:
    """What ``language`` has for the program's own sentences, and for those of the rule files in ``rules``.

    Raises ``TranslationError``.
    """
    if language != CHINESE:
        return ENGLISH
    folder = Path(__file__).with_name(language)
    translations = msgspec.toml.decode((folder / "findings.toml").read_bytes(), type=dict[str, Translation])
    files = [folder / "reasons.toml", *(file for rule in rules for file in sorted((rule / language).glob("*.toml")))]
    entries = {name: _entry(entry, translations.get(name)) for name, entry in catalogue().items()}
    reasons = {key: text for file in files for key, text in _sentences(file).items()} | dict(_messages(entries))
    return _Translated(
        language,
        entries,
        _sentences(folder / "words.toml"),
        {key: text for key, text in reasons.items() if not re.search(_PLACE, key)},
        tuple(_patterns((key, text) for key, text in reasons.items() if re.search(_PLACE, key))),
    )


def _sentences(file: Path) -> dict[str, str]:
    try:
        said = msgspec.toml.decode(regular.read(file), type=dict[str, str])
    except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
        raise TranslationError(f"{file}: {error}") from error
    for key, text in said.items():
        if unknown := set(re.findall(_PLACE, text)) - set(re.findall(_PLACE, key)):
            raise TranslationError(f"{file}: {key!r}: {', '.join(sorted(unknown))} is not in the English")
    return said


def _entry(entry: Entry, said: Translation | None) -> Entry:
    if said is None:
        return entry
    return msgspec.structs.replace(
        entry,
        title=said.title,
        explanation=said.explanation,
        next_step=said.next_step,
        messages={**entry.messages, **said.messages},
    )


def _messages(entries: Mapping[str, Entry]) -> Iterable[tuple[str, str]]:
    """The messages that say enough to be known again where one finding is the reason of another."""
    for name, entry in catalogue().items():
        for variant, text in entry.messages.items():
            if sum(map(str.isalpha, re.sub(_PLACE, "", text))) >= _TELLING:
                yield text, entries[name].messages[variant]


def _patterns(sentences: Iterable[tuple[str, str]]) -> Iterable[tuple[re.Pattern[str], str]]:
    """Each sentence as an expression: a place before a reason first, then the one that says most by itself."""
    for key, text in sorted(sentences, key=lambda one: (one[0] != _PLACED, -len(re.sub(_PLACE, "", one[0])))):
        parts = re.split(r"(\{\w+\})", key)
        seen: set[str] = set()
        expression = "".join(_place(part[1:-1], seen) if at % 2 else re.escape(part) for at, part in enumerate(parts))
        yield re.compile(expression, re.DOTALL), text


def _place(name: str, seen: set[str]) -> str:
    if name in seen:
        return f"(?P={name})"
    seen.add(name)
    return f"(?P<{name}>{_PLACES.get(name, '.+')})"
