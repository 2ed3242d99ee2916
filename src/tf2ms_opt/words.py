"""The words by which a file is known to have something to do with a rule, without the rules being read.

``rules/base/words.json`` records what the packaged rules say; it counts only while they are what it was made of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from zlib import crc32

import msgspec

#: the letters of source texts, the frequent ones first: a search steps from one rare letter to the next
_FREQUENT = "et.aoinsrl_cdpmfuhgybvxwkqjz"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pattern of the packaged rules, and the checksums of the files that it was made of."""

    pattern: str
    files: dict[str, int]


def packaged() -> Path:
    """The folder of rules: inside the package in a wheel, at the project's root in an editable install."""
    packaged = Path(__file__).parent / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def recorded(folder: Path) -> re.Pattern[bytes] | None:
    """The pattern of the rules in ``folder`` as it was recorded; None where they have changed since, or cannot tell."""
    try:
        record = msgspec.json.decode((folder / "base" / "words.json").read_bytes(), type=Record)
        if record.files == checksums(folder):
            return re.compile(record.pattern.encode())
    except (OSError, ValueError, msgspec.DecodeError, re.error):
        pass  # the rules themselves say it as well, a little later
    return None


def checksums(folder: Path) -> dict[str, int]:
    """Every rule file of ``folder`` with a checksum of what stands in it.  Raises ``OSError``."""
    files = sorted((*folder.glob("*.toml"), *(folder / "base").glob("*.toml")))
    return {file.relative_to(folder).as_posix(): crc32(file.read_bytes()) for file in files}


def document(folder: Path, pattern: re.Pattern[bytes]) -> bytes:
    """What ``words.json`` has to be for ``folder``, whose rules have the words of ``pattern``."""
    record = Record(pattern.pattern.decode(), checksums(folder))
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def pattern(words: Collection[str], quoted: Collection[str], bases: Iterable[str]) -> re.Pattern[bytes]:
    """Matches one of ``words``, one of ``quoted`` as a whole text, an argument of a class, or a lookup by a name.

    ``bases`` are classes that may be named among the bases of another one.  Every alternative begins with a literal
    letter, and a rare one: that is what makes the search as quick as one for a single word.
    """
    shortest = [word for word in sorted(set(words)) if not any(one in word for one in words if one != word)]
    found: dict[str, list[str]] = {}
    for word in shortest:
        letter, before, after = _anchored(word)
        found.setdefault(letter, []).append(before + after)
    alternatives = [f"{re.escape(letter)}{_any(rest)}" for letter, rest in sorted(found.items())]
    if texts := sorted({*quoted} - {*shortest}):
        alternatives += [f"{quote}{_any(map(re.escape, texts))}{quote}" for quote in "\"'"]
    alternatives.append(r"\((?<=getattr\()[\w.]*optimizers\b")
    alternatives += [rf"{re.escape(base)}\s*[,)]" for base in sorted(set(bases))]
    return re.compile("|".join(alternatives).encode())


def _anchored(word: str) -> tuple[str, str, str]:
    """The rarest letter of ``word``, and patterns of what stands before and behind it."""
    rarity = [_FREQUENT.index(letter) if letter in _FREQUENT else len(_FREQUENT) for letter in word]
    place = rarity.index(max(rarity))
    before = f"(?<={re.escape(word[: place + 1])})" if place else ""
    return word[place], before, re.escape(word[place + 1 :])


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
