"""The settings of a run: what ``[tool.tf2ms-opt]`` of the nearest ``pyproject.toml`` and the command line say.

It reads that one file; what a setting means is for others to know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from tf2ms_opt import regular
from tf2ms_opt.generations import Generation
from tf2ms_opt.ignored import spec_of
from tf2ms_opt.language import Language
from tf2ms_opt.options import Fidelity, InputError, Scope

Format: TypeAlias = Literal["text", "concise", "json", "github", "sarif"]

_FILE = "pyproject.toml"
_TOOL = "tf2ms-opt"


#: two settings that are one choice: whoever says one of them unsays the other
_RIVALS = {"tf_version": "generation", "generation": "tf_version"}


TWO_WAYS = "tf-version and generation say the same thing in two ways; give one of them"


class ConfigError(InputError):
    """A configuration that cannot be used; the text names the file and the key."""


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """Settings of some files: those that ``files`` matches, in gitignore's syntax."""

    files: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    fidelity: Fidelity | None = None
    scope: Scope | None = None
    tf_version: str | None = None
    generation: Generation | None = None
    params: str | None = None
    ignore: tuple[str, ...] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The options of ``convert`` under their long names; ``None`` is "not said"."""

    diff: bool | None = None
    check: bool | None = None
    output_dir: str | None = None
    format: Format | None = None
    lang: Language | None = None
    fidelity: Fidelity | None = None
    scope: Scope | None = None
    runtime_module: str | None = None
    tf_version: str | None = None
    generation: Generation | None = None
    mindspore_version: str | None = None
    params: str | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    jobs: Annotated[int, msgspec.Meta(ge=0)] | None = None
    baseline: str | None = None
    statistics: bool | None = None
    annotate: bool | None = None
    cache: bool | None = None
    exit_zero: bool | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    overrides: tuple[Override, ...] | None = None


def merge(given: Settings, configured: Settings) -> Settings:
    """What the command line says, and for the rest what the configuration says."""
    merged = _over(configured, said(given))
    names = _with_rivals(said(given))
    overrides = tuple(
        msgspec.structs.replace(one, **dict.fromkeys(names & set(Override.__struct_fields__)))
        for one in merged.overrides or ()
    )
    merged = msgspec.structs.replace(merged, overrides=overrides or None)
    # -q and -v are one choice: the command line's takes the place of the configuration's
    if given.quiet and not given.verbose:
        return msgspec.structs.replace(merged, verbose=False)
    if given.verbose and not given.quiet:
        return msgspec.structs.replace(merged, quiet=False)
    return merged


def said(settings: Settings | Override) -> dict[str, Any]:
    """The settings that are said, by the names of the fields."""
    return {name: value for name, value in msgspec.structs.asdict(settings).items() if value is not None}


def of_file(settings: Settings, path: Path) -> Settings:
    """What holds for one file: the overrides whose patterns it matches, a later one over an earlier one."""
    return overridden(settings, [one for one in settings.overrides or () if holds(one, path)])


def overridden(settings: Settings, overrides: Iterable[Override]) -> Settings:
    """``settings`` with the values of ``overrides``; what these ignore is ignored as well."""
    for one in overrides:
        values = {name: value for name, value in said(one).items() if name != "files"}
        if one.ignore is not None:
            values["ignore"] = (*(settings.ignore or ()), *one.ignore)
        settings = _over(settings, values)
    return msgspec.structs.replace(settings, overrides=None)


def holds(override: Override, path: Path) -> bool:
    """Whether ``path`` is among the files of ``override``."""
    absolute = os.path.abspath(path)  # noqa: PTH100 -- not resolved, as the configuration's own place is not
    return spec_of(override.files).match_file(Path(absolute).as_posix())


def _over(settings: Settings, values: dict[str, Any]) -> Settings:
    """``settings`` with ``values``, each of which is said instead of its rivals."""
    rivals = dict.fromkeys(_with_rivals(values) - set(values))
    return msgspec.structs.replace(settings, **rivals, **values)


def _with_rivals(names: Iterable[str]) -> set[str]:
    return {one for name in names for one in (name, _RIVALS.get(name, name))}


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
    return _located(read(file), file.parent)


def read(file: Path) -> Settings:
    """The table of ``file`` as it is written; raises ``ConfigError``."""
    try:
        data = regular.read(file)
        if _TOOL.encode() not in data:
            return Settings()
        # an editor on Windows may have begun the file with a mark that TOML has no place for
        table = msgspec.toml.decode(data.removeprefix(b"\xef\xbb\xbf")).get("tool", {}).get(_TOOL, {})
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: not valid TOML: nested too deeply") from error
    except AttributeError as error:
        raise ConfigError(f"{file}: tool: not a table") from error
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    return _convert(table, file)


def _convert(table: object, file: Path) -> Settings:
    where = f"{file}: [tool.{_TOOL}]"
    _check_keys(table, Settings, where)
    entries = table.get("overrides") if isinstance(table, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        _check_keys(entry, Override, f"{where}: overrides[{number}]")
        if isinstance(entry, dict) and {"tf-version", "generation"} <= entry.keys():
            raise ConfigError(f"{where}: overrides[{number}]: {TWO_WAYS}")
    try:
        settings = msgspec.convert(table, Settings)
        for number, override in enumerate(settings.overrides or ()):
            _check_patterns(override, f"{where}: overrides[{number}]")
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        raise ConfigError(f"{where}: {place.rstrip('`') or 'the table'}: {problem.replace(' | null', '')}") from error
    _check_paths(settings, where)
    return settings


def _check_paths(settings: Settings, where: str) -> None:
    paths = (settings.output_dir, settings.baseline, *(settings.rules or ()), *(settings.exclude or ()))
    for path in paths:
        if path is not None and "\0" in path:
            raise ConfigError(f"{where}: {path!r} has a null character, which no path has")


def _check_keys(table: object, known_to: type[Settings | Override], where: str) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(known_to)]
    for key in table if isinstance(table, dict) else ():
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"
            raise ConfigError(f"{where}: unknown key {key!r}{hint}")


def _check_patterns(override: Override, where: str) -> None:
    try:
        spec_of(override.files)
    except ValueError as error:
        raise ConfigError(f"{where}: files: {error}") from error


def _located(settings: Settings, folder: Path) -> Settings:
    """Paths in the file are relative to it."""
    rules = None if settings.rules is None else tuple(str(folder / path) for path in settings.rules)
    output_dir = None if settings.output_dir is None else str(folder / settings.output_dir)
    baseline = None if settings.baseline is None else str(folder / settings.baseline)
    overrides = tuple(
        msgspec.structs.replace(one, files=tuple(_below(folder, pattern) for pattern in one.files))
        for one in settings.overrides or ()
    )
    return msgspec.structs.replace(
        settings, rules=rules, output_dir=output_dir, baseline=baseline, overrides=overrides or None
    )


def _below(folder: Path, pattern: str) -> str:
    """A gitignore pattern that is relative to ``folder`` as one that is relative to the root of all files."""
    text = pattern.removeprefix("!")
    anchored = "/" in text.rstrip("/")
    root = re.sub(r"([\\*?\[\]!# ])", r"\\\1", folder.as_posix().strip("/"))
    return f"{'!' if text != pattern else ''}/{root}{'/' if anchored else '/**/'}{text.lstrip('/')}"
