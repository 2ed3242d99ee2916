"""The files of a run, asked as far as they matter: what each has for others, and what it imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tf2ms_opt.neighbours import Mentions
from tf2ms_opt.project.layout import Layout, definitions, with_stars
from tf2ms_opt.project.questions import Building, Offer, building, offer
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.walk import Found

#: a file's bytes; None for one that cannot be read
Read = Callable[[Found], "bytes | None"]


@dataclass(slots=True)
class Files(Mapping[str, Mentions]):
    """The files of the run, by their real paths; as a mapping, what they import."""

    files: Sequence[Found]
    read: Read
    rules: RuleSet
    paths: dict[str, str] = field(init=False)
    _layout: Layout = field(init=False)
    _by_real: dict[str, Found] = field(init=False)
    _known: dict[str, Offer] = field(default_factory=dict)
    _buildings: dict[str, Building] = field(default_factory=dict)
    _imported: dict[str, frozenset[str]] = field(default_factory=dict)
    _starred: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _places: dict[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_real = {file.real: file for file in self.files}
        self.paths = {file.real: file.path for file in self.files}
        self._layout = Layout.of(self._by_real)

    def offer(self, real: str) -> Offer:
        """What the file has for others; nothing, where it cannot be read."""
        if real not in self._known:
            self._known[real] = offer(self.bytes(real), self.rules)
        return self._known[real]

    def building(self, real: str) -> Building:
        """What the file has to do with networks; nothing, where it cannot be read."""
        if real not in self._buildings:
            self._buildings[real] = building(self.bytes(real), self.rules)
        return self._buildings[real]

    def bytes(self, real: str) -> bytes:
        """What is in the file; nothing, where it cannot be read."""
        return self.read(self._by_real[real]) or b""

    def definitions(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        """Every (file, name in it) that ``name`` may be in ``importer``, sorted."""
        key = (importer, name)
        if key not in self._places:
            found = self._all_of(importer, name)
            named = (one for one in found if one[1].partition(".")[0] in self.offer(one[0]).names)
            self._places[key] = tuple(sorted(named))
        return self._places[key]

    def imported(self, real: str) -> frozenset[str]:
        """The files of which the file imports something: it may get objects of any class there."""
        if real not in self._imported:
            said = self.offer(real).mentions
            names = [*said.imports.values(), *(f"{star.rstrip('.')}.*" for star in said.stars)]
            found = {file for name in names for file, _ in self._all_of(real, name)}
            self._imported[real] = frozenset(found.union(*(self.modules(real, name) for name in names)))
        return self._imported[real]

    def _all_of(self, importer: str, name: str) -> set[tuple[str, str]]:
        return definitions(self._layout, name, importer, self, self._with_stars)

    def _with_stars(self, real: str) -> tuple[str, ...]:
        if real not in self._starred:
            self._starred[real] = with_stars(self._layout, real, self)
        return self._starred[real]

    def place(self, real: str, line: int, cell: int | None = None) -> str:
        """How findings name a line of the file."""
        return f"{self.paths[real]}:{line}" if cell is None else f"{self.paths[real]}:cell {cell}:{line}"

    def modules(self, importer: str, name: str) -> tuple[str, ...]:
        """The files that ``name`` may be in ``importer``, if it is a module."""
        return tuple(self._layout.modules(name, importer))

    def __getitem__(self, real: str) -> Mentions:
        return self.offer(real).mentions

    def __contains__(self, real: object) -> bool:
        return real in self._by_real

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_real)

    def __len__(self) -> int:
        return len(self._by_real)
