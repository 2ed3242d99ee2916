"""The rules of a run: their words and names at once, and they themselves when a file needs them.

Most runs over most trees are about no file that does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tf2ms_opt.words import packaged, recorded

if TYPE_CHECKING:
    from tf2ms_opt.ruleset import RuleSet


class Rules(Protocol):
    """A rule set, or a rulebook that reads it when it is asked."""

    @property
    def names(self) -> Collection[str]:
        """The names of the rules."""

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Matches in every file that may hold a site."""

    @property
    def loaded(self) -> RuleSet:
        """The rules.  Raises ``RuleFileError``."""


@dataclass
class Rulebook:
    """The packaged rules and those of the ``folders``."""

    folders: Sequence[Path] = ()

    @classmethod
    def of(cls, folders: Sequence[Path]) -> Rulebook:
        """Raises ``RuleFileError`` for folders of the user's that cannot be used; the packaged rules are tested."""
        book = cls(folders)
        if folders:
            _ = book.loaded
        return book

    @cached_property
    def names(self) -> Collection[str]:
        """The names of the rules, which are those of their files."""
        return {file.stem for folder in (packaged(), *self.folders) for file in folder.glob("*.toml")}

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Matches in every file that may hold a site."""
        known = None if self.folders else recorded(packaged())
        return self.loaded.pattern if known is None else known

    @cached_property
    def loaded(self) -> RuleSet:
        """The rules, read and checked.  Raises ``RuleFileError``."""
        from tf2ms_opt.ruleset import load  # noqa: PLC0415 -- see the module's docstring

        return load(self.folders)
