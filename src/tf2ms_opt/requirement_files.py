"""What one requirement file says about TensorFlow and Keras: each kind of file, read into plain statements.

Nothing is executed and nothing is raised: a file or a line that cannot be understood says nothing.
"""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from tf2ms_opt.regular import read

TENSORFLOW = frozenset({"tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "intel-tensorflow"})
KERAS = frozenset({"keras", "tf-keras"})

#: what reading a broken file may raise
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    RecursionError,
    MemoryError,
    configparser.Error,
    msgspec.DecodeError,
)
#: the files of a directory that are looked at, in this order
PATTERNS = (
    "requirements*.txt",
    "requirements/*.txt",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "environment.yml",
    "environment.yaml",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A package of interest, the versions allowed for it, and the words that say so."""

    package: str
    versions: SpecifierSet
    text: str


def statements(file: Path) -> tuple[Statement, ...]:
    """Every statement of ``file`` about a package of interest; none for a file that cannot be read."""
    try:
        return tuple(_reader(file.name)(_text(read(file))))
    except _UNREADABLE:
        return ()


def _reader(name: str) -> Callable[[str], Iterable[Statement]]:
    readers: dict[str, Callable[[str], Iterable[Statement]]] = {
        "pyproject.toml": _pyproject,
        "setup.cfg": _setup_cfg,
        "setup.py": _setup_py,
        "Pipfile": _pipfile,
        "environment.yml": _environment,
        "environment.yaml": _environment,
    }
    return readers.get(name, _requirements_txt)


def _text(data: bytes) -> str:
    """``pip freeze > requirements.txt`` in PowerShell writes UTF-16."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, errors="replace")


def _requirements_txt(text: str) -> Iterator[Statement]:
    for line in text.splitlines():
        # what follows the requirement: a comment, an option of its own (`--hash=...`), a continuation
        yield from _requirement(re.split(r"(?:^|\s)#|\s--|\s*\\$", line, maxsplit=1)[0])


def _pyproject(text: str) -> Iterator[Statement]:
    data = msgspec.toml.decode(text)
    project = _table(data, "project")
    extras = _table(project, "optional-dependencies").values()
    for listed in (project.get("dependencies"), *extras):
        for line in listed if isinstance(listed, list) else ():
            yield from _requirement(line)
    yield from _version_table(_table(data, "tool", "poetry", "dependencies"), exact=True)


def _setup_cfg(text: str) -> Iterator[Statement]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    lists = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        lists += [value for _, value in parser.items("options.extras_require")]
    for listed in lists:
        for line in listed.splitlines():
            yield from _requirement(line)


def _setup_py(text: str) -> Iterator[Statement]:
    """Any string constant that reads as a requirement, since lists are often bound to a name first."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _requirement(node.value)


def _pipfile(text: str) -> Iterator[Statement]:
    data = msgspec.toml.decode(text)
    for section in ("packages", "dev-packages"):
        yield from _version_table(_table(data, section), exact=False)


def _environment(text: str) -> Iterator[Statement]:
    """Lines ``- name=1.2``, ``- channel::name=1.2=build``, ``- name 1.2.*`` (conda) and ``- name==1.2`` (pip)."""
    for line in text.splitlines():
        item = re.match(r"""\s*-\s*["']?(?:[\w./-]+::)?([\w.-]+)\s*([^"'#]*)""", line)
        if item is not None:
            yield from _conda(item[1], item[2].strip())


def _conda(name: str, versions: str) -> Iterator[Statement]:
    """Conda's ``=1.2`` is "1.2 and its patches", its second ``=`` the build."""
    exactly = re.fullmatch(r"=?\s*(\d[\w.]*?)(?:\.\*|\*)?(?:[=\s]\S+)?", versions)
    text = f"{name}=={exactly[1]}.*" if exactly else f"{name}{versions}"
    written = f"{name}{versions}" if versions[:1] in tuple("=<>!~") else f"{name} {versions}"
    for statement in _requirement(text):
        yield Statement(statement.package, statement.versions, written)


def _version_table(table: Mapping[str, Any], *, exact: bool) -> Iterator[Statement]:
    """``name = "^1.2"`` and ``name = {version = "^1.2"}``, as Poetry and Pipenv write them."""
    for name, value in table.items():
        for entry in value if isinstance(value, list) else [value]:
            version = entry.get("version") if isinstance(entry, dict) else entry
            if isinstance(version, str):
                yield from _requirement(name + _poetry(version, exact=exact), f'{name} = "{version}"')


def _poetry(version: str, *, exact: bool) -> str:
    """Poetry's carets, tildes and bare numbers as a specifier."""
    return ",".join(_clause(clause.strip(), exact=exact) for clause in version.split(",") if clause.strip() != "*")


def _clause(clause: str, *, exact: bool) -> str:
    match = re.fullmatch(r"(\^|~(?!=))?\s*(\d+)(?:\.(\d+))?[\w.*]*", clause)
    if match is None:
        return clause
    sign, major, minor = match.groups()
    number = clause.lstrip("^~ ")
    if sign == "^":
        return f">={number},<{int(major) + 1}"
    if sign == "~":
        return f">={number},<{major}.{int(minor) + 1}" if minor else f">={number},<{int(major) + 1}"
    return f"=={number}" if exact else clause


def _requirement(line: object, written: str | None = None) -> Iterator[Statement]:
    if not isinstance(line, str) or not re.match(r"\s*(?:intel|tensorflow|keras|tf)", line, re.IGNORECASE):
        return
    try:
        requirement = Requirement(line.strip())
        package = canonicalize_name(requirement.name)
        if package in TENSORFLOW | KERAS:
            yield Statement(package, requirement.specifier, written or line.strip())
    except (InvalidRequirement, InvalidSpecifier):
        return


def _table(data: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
