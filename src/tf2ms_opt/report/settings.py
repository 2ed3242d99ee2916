"""The settings of a file and where each was said, for people and as JSON; and the schema of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tf2ms_opt.config import Settings
from tf2ms_opt.effective import Effective

_SCHEMA = 1
_ONE_OF_TWO = {"not": {"required": ["tf-version", "generation"]}}
_DIALECT = "http://json-schema.org/draft-07/schema#"
_FILES = "The files that the entry holds for, in gitignore's syntax, relative to the pyproject.toml."
_OVERRIDES = "Settings of some files; a later entry goes over an earlier one, and the command line over all of them."


def lines(found: Effective) -> Iterator[str]:
    """A line a setting: its name, its value, and where it was said."""
    yield f"{found.path}: settings from {found.file or 'no pyproject.toml'}"
    rows = [(one.name, _shown(one.value), _short(one.by, found.file)) for one in found.settings]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, by in rows:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {by}"
    for number, (files, holds) in enumerate(found.overrides):
        verb = "holds" if holds else "does not hold"
        yield f"  overrides[{number}] {verb} for this path: files = {json.dumps(files)}"


def _shown(value: object) -> str:
    return "-" if value is None else json.dumps(value)


def _short(by: str, file: str | None) -> str:
    """The place without the path that stands above all of them."""
    return by.replace(file, Path(file).name) if file else by


def document(found: Effective) -> str:
    """The same as JSON."""
    data = {
        "schema": _SCHEMA,
        "path": found.path,
        "configuration": found.file,
        "settings": {one.name: {"value": one.value, "from": one.by} for one in found.settings},
        "overrides": [{"files": list(files), "holds": holds} for files, holds in found.overrides],
    }
    return json.dumps(data, indent=2)


def schema(helps: Mapping[str, str]) -> str:
    """The JSON schema of ``[tool.tf2ms-opt]``; ``helps`` says what each option is for."""
    made = msgspec.json.schema(Settings)
    tables = {name: _without_null(table) for name, table in made["$defs"].items()}
    said = {**helps, "files": _FILES, "overrides": _OVERRIDES}
    for table in tables.values():
        for name, entry in table.get("properties", {}).items():
            # beside a $ref, draft 7 reads nothing else
            described = {"allOf": [entry]} if "$ref" in entry else entry
            table["properties"][name] = {"description": said[name], **described} if name in said else entry
    for name in ("Settings", "Override"):
        tables[name] |= _ONE_OF_TWO
    root = tables.pop("Settings")
    data = {"$schema": _DIALECT, "title": "tf2ms-opt", "description": "[tool.tf2ms-opt] of pyproject.toml"}
    text = json.dumps({**data, **_without(root, "title", "description"), "definitions": _plain(tables)}, indent=2)
    return text.replace("#/$defs/", "#/definitions/") + "\n"


def _without_null(node: Any) -> Any:  # noqa: ANN401 -- JSON
    """TOML has no null: what may be left out is left out."""
    if isinstance(node, list):
        return [_without_null(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _without_null(value) for name, value in node.items() if (name, value) != ("default", None)}
    if "anyOf" in kept:
        (only,) = [one for one in kept.pop("anyOf") if one != {"type": "null"}]
        return {**kept, **only}
    if "enum" in kept:
        return {**kept, "enum": [one for one in kept["enum"] if one is not None]}
    return kept


def _plain(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables without what only the program's source has to say of them."""
    return {name: _without(table, "title", "description") for name, table in tables.items()}


def _without(table: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in names}
