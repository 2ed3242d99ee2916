"""The settings of a run: what ``[tool.tf2ms-opt]`` of the nearest ``pyproject.toml`` and the command line say.

It reads that one file; what a setting means is for others to know.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from tf2ms_opt.options import Fidelity, Scope

Format: TypeAlias = Literal["text", "concise", "json", "github"]

_FILE = "pyproject.toml"
_TOOL = "tf2ms-opt"


class ConfigError(Exception):
    """A configuration that cannot be used; the text names the file and the key."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The options of ``convert`` under their long names; ``None`` is "not said"."""

    diff: bool | None = None
    check: bool | None = None
    output_dir: str | None = None
    format: Format | None = None
    fidelity: Fidelity | None = None
    scope: Scope | None = None
    runtime_module: str | None = None
    tf_version: str | None = None
    mindspore_version: str | None = None
    params: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    annotate: bool | None = None
    exit_zero: bool | None = None
    quiet: bool | None = None
    verbose: bool | None = None


def merge(given: Settings, configured: Settings) -> Settings:
    """What the command line says, and for the rest what the configuration says."""
    said = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not None}
    merged = msgspec.structs.replace(configured, **said)
    # -q and -v are one choice: the command line's takes the place of the configuration's
    if given.quiet and not given.verbose:
        return msgspec.structs.replace(merged, verbose=False)
    if given.verbose and not given.quiet:
        return msgspec.structs.replace(merged, quiet=False)
    return merged


def nearest(paths: Sequence[Path]) -> Path | None:
    """The ``pyproject.toml`` closest above all of ``paths``; above the current directory if there are none."""
    # not resolved: a project may be reached through a link, and is then the one it is reached by
    places = [os.path.abspath(path) for path in paths] or [os.getcwd()]  # noqa: PTH100, PTH109
    try:
        common = Path(os.path.commonpath(places))
    except ValueError:  # paths on different drives
        common = Path.cwd()
    candidates = (place / _FILE for place in (common, *common.parents))
    return next((file for file in candidates if os.path.isfile(file)), None)  # noqa: PTH113 -- Path.is_file may raise


def load(file: Path) -> Settings:
    """The table of ``file``, with its paths made absolute; raises ``ConfigError``."""
    try:
        data = file.read_bytes()
        if _TOOL.encode() not in data:
            return Settings()
        table = msgspec.toml.decode(data).get("tool", {}).get(_TOOL, {})
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except (ValueError, AttributeError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    return _located(_convert(table, file), file.parent)


def _convert(table: object, file: Path) -> Settings:
    where = f"{file}: [tool.{_TOOL}]"
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    for key in table if isinstance(table, dict) else ():
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"
            raise ConfigError(f"{where}: unknown key {key!r}{hint}")
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        raise ConfigError(f"{where}: {place.rstrip('`') or 'the table'}: {problem.replace(' | null', '')}") from error


def _located(settings: Settings, folder: Path) -> Settings:
    """Paths in the file are relative to it."""
    rules = None if settings.rules is None else tuple(str(folder / path) for path in settings.rules)
    output_dir = None if settings.output_dir is None else str(folder / settings.output_dir)
    return msgspec.structs.replace(settings, rules=rules, output_dir=output_dir)
