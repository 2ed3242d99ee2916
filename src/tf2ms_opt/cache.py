"""What need not be looked at again: files that hold a word of the rules and turned out to have no site.

That depends on a file's text, on the rules and on this program, and on no option, path or other file; so nothing else
is remembered, and of the file nothing but a digest.  A cache that is damaged, foreign or out of date cannot be taken
for anything else, and one that cannot be read or written is done without.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tf2ms_opt import __version__
from tf2ms_opt.source import is_notebook
from tf2ms_opt.words import checksums, packaged

_SIZE = 16  # bytes of a digest
#: digests that are kept; of more, only those that the last run met
_MOST = 100_000


@dataclass
class Cache:
    """The digests in ``file``; of files that were met under other rules or by another program there are others."""

    file: Path
    #: folders with rules of the user's
    folders: Sequence[Path] = ()
    _met: set[bytes] = field(default_factory=set)

    def digest(self, data: bytes, path: str) -> bytes | None:
        """What a file goes by: its bytes, how they are read, and everything that decides what is found in them.

        None where that cannot be told.
        """
        from hashlib import blake2b  # noqa: PLC0415 -- most runs meet no word of the rules

        kind = b"notebook" if is_notebook(data, path) else b"module"
        try:
            return blake2b(data, digest_size=_SIZE, key=self._decisive, person=kind).digest()
        except OSError:
            return None

    def holds(self, digest: bytes) -> bool:
        """Whether the file is known to have no site."""
        return digest in self._known

    def add(self, digests: Collection[bytes]) -> None:
        """Remember files without a site, and which of them are still about.  Never raises."""
        self._met.update(digests)
        if digests and not self._known.issuperset(digests):
            with suppress(OSError):
                self._write(_read(self.file) | self._known | self._met)

    @cached_property
    def _known(self) -> set[bytes]:
        return _read(self.file)

    @cached_property
    def _decisive(self) -> bytes:
        """A digest of the rules and of this program."""
        from hashlib import blake2b  # noqa: PLC0415 -- see above

        rules = [sorted(checksums(folder).items()) for folder in (packaged(), *self.folders)]
        program = sorted((file.name, *_state(file)) for file in Path(__file__).parent.rglob("*.py"))
        return blake2b(repr((__version__, sys.version_info, rules, program)).encode(), digest_size=32).digest()

    def _write(self, digests: set[bytes]) -> None:
        """Replace the file as a whole: of two runs at once one is the last, and what the other one met is met again."""
        kept = digests if len(digests) <= _MOST else self._met
        self.file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f"{self.file.name}.", dir=self.file.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(b"".join(sorted(kept)))
            Path(temporary).replace(self.file)
        finally:
            Path(temporary).unlink(missing_ok=True)


def place(environment: Mapping[str, str], platform: str) -> Path | None:
    """The file for this user, outside of any project, for ``check`` writes nothing there; None where there is none."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    folder = environment.get("LOCALAPPDATA") if platform == "win32" else environment.get("XDG_CACHE_HOME")
    if not folder and home:
        folder = str(Path(home, "Library/Caches" if platform == "darwin" else ".cache"))
    return Path(folder, "tf2ms-opt", "without-sites") if folder and Path(folder).is_absolute() else None


def _read(file: Path) -> set[bytes]:
    try:
        data = file.read_bytes()
    except OSError:
        return set()
    return {data[start : start + _SIZE] for start in range(0, len(data) - len(data) % _SIZE, _SIZE)}


def _state(file: Path) -> tuple[int, int]:
    """What changes when the text of a module does."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size
