"""What holds for one file, setting by setting, and where each value was said.

It explains what ``config`` merges and decides nothing itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tf2ms_opt.config import Override, Settings, holds, load, merge, nearest, of_file, read, said
from tf2ms_opt.options import DEFAULT_MINDSPORE, Fidelity, Scope
from tf2ms_opt.pins import Pins

_DEFAULTS: dict[str, object] = {
    "format": "text",
    "fidelity": Fidelity.STOCK.value,
    "scope": Scope.STEP.value,
    "runtime_module": "tf2ms_runtime",
    "mindspore_version": DEFAULT_MINDSPORE,
    "cache": True,
    **dict.fromkeys(("select", "ignore", "rules", "exclude"), ()),
    **dict.fromkeys(("diff", "check", "annotate", "exit_zero", "quiet", "verbose"), False),
}


@dataclass(frozen=True, slots=True)
class Held:
    """One setting of a file: its name, its value (None for "not said"), and where that was said."""

    name: str
    value: object
    by: str


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings of ``path``; ``file`` is the configuration, and ``overrides`` says which entries of it hold."""

    path: str
    file: str | None
    settings: tuple[Held, ...]
    overrides: tuple[tuple[tuple[str, ...], bool], ...]


def effective(path: str, given: Settings) -> Effective:
    """What holds for ``path`` when ``given`` is said on the command line.  Raises ``ConfigError``."""
    file = nearest([Path(path)])
    configured = load(file) if file is not None else Settings()
    merged = merge(given, configured)
    overrides = merged.overrides or ()
    holding = [number for number, one in enumerate(overrides) if holds(one, Path(path))]
    where = str(file)
    origins = {**dict.fromkeys(said(configured), where)}
    for number in holding:
        origins |= dict.fromkeys(said(overrides[number]), f"{where}: overrides[{number}]")
    origins |= dict.fromkeys(said(given), "command line")
    settings = tuple(
        _held(of_file(merged, Path(path)), origins, path, _ignoring(where, configured, overrides, holding))
    )
    written = read(file).overrides if file is not None else None
    entries = tuple((one.files, number in holding) for number, one in enumerate(written or ()))
    return Effective(path, os.fspath(file) if file is not None else None, settings, entries)


def _ignoring(where: str, configured: Settings, overrides: tuple[Override, ...], holding: list[int]) -> str:
    """Everything that adds to what is ignored."""
    places = [where] if configured.ignore is not None else []
    return " + ".join([*places, *(f"{where}: overrides[{n}]" for n in holding if overrides[n].ignore is not None)])


def _held(settings: Settings, origins: dict[str, str], path: str, ignoring: str) -> Iterator[Held]:
    values = said(settings)
    for field in msgspec.structs.fields(Settings):
        name = field.name
        if name == "overrides":
            continue
        value, by = values.get(name, _DEFAULTS.get(name)), origins[name] if name in values else "default"
        if name == "ignore" and by not in ("default", "command line"):
            by = ignoring
        if name == "generation" and not values.keys() & {"generation", "tf_version"}:
            pin = Pins().pinned(Path(path, "*") if os.path.isdir(path) else Path(path))  # noqa: PTH112 -- may raise
            value, by = (pin.generation, pin.by) if pin is not None else (None, "default")
        yield Held(field.encode_name, msgspec.to_builtins(value), by)
