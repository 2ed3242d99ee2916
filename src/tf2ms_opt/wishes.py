"""The settings of a run checked and turned into what the engine takes.

It judges values alone; where they were written (command line, configuration) is no matter here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from pathlib import Path

from tf2ms_opt.config import TWO_WAYS, Settings, overridden
from tf2ms_opt.diagnostics import is_code
from tf2ms_opt.generations import generation_of_tensorflow
from tf2ms_opt.language import ENGLISH, Lexicon, TranslationError, lexicon
from tf2ms_opt.options import DEFAULT_MINDSPORE, Fidelity, InputError, Options, Scope
from tf2ms_opt.rulebook import Rules
from tf2ms_opt.words import packaged


class UsageError(Exception):
    """What was asked for cannot be done; the text says why."""


def check(settings: Settings, rules: Rules) -> None:
    """Raise ``UsageError`` for a value that cannot be, for all files or for some."""
    options_of(settings, rules)
    for number, override in enumerate(settings.overrides or ()):
        options_of(overridden(settings, [override]), rules, f"overrides[{number}]: ")


def lexicon_of(settings: Settings) -> Lexicon:
    """What the run speaks: English, unless another language was said.  Raises ``InputError``."""
    if settings.lang is None:
        return ENGLISH
    try:
        return lexicon(settings.lang, (packaged(), *map(Path, settings.rules or ())))
    except TranslationError as error:
        raise InputError(str(error)) from error


def options_of(settings: Settings, rules: Rules, where: str = "") -> Options:
    """The engine's options; raises ``UsageError`` for a value that cannot be, and that stands ``where``."""
    try:
        return _options(settings, rules)
    except UsageError as error:
        raise UsageError(f"{where}{error}") from error


def _options(settings: Settings, rules: Rules) -> Options:
    if settings.params is not None:
        _check_expression(settings.params)
    if settings.tf_version is not None and settings.generation is not None:
        raise UsageError(TWO_WAYS)
    if settings.tf_version is not None:
        _check_version(settings.tf_version)
    if settings.mindspore_version is not None and not re.fullmatch(r"\d+\.\d+(\.\w+)?", settings.mindspore_version):
        raise UsageError(f"--mindspore-version: {settings.mindspore_version!r} is not a version such as 2.10")
    if settings.runtime_module is not None:
        _check_module(settings.runtime_module)
    return Options(
        fidelity=settings.fidelity or Fidelity.STOCK,
        scope=settings.scope or Scope.STEP,
        tf_version=settings.tf_version,
        generation=settings.generation,
        mindspore_version=settings.mindspore_version or DEFAULT_MINDSPORE,
        params=settings.params,
        select=_names("--select", settings.select or (), rules),
        ignore=_names("--ignore", settings.ignore or (), rules),
        runtime_module=settings.runtime_module,
        annotate=bool(settings.annotate),
    )


def _check_expression(text: str) -> None:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"--params: {text!r} is not a Python expression") from error


def _check_version(text: str) -> None:
    try:
        generation_of_tensorflow(text)
    except ValueError as error:
        raise UsageError(f"--tf-version: {error}") from error


def _check_module(name: str) -> None:
    if not all(part.isidentifier() and not iskeyword(part) for part in name.split(".")):
        raise UsageError(f"--runtime-module: {name!r} is not the dotted name of a module")


def _names(option: str, written: Iterable[str], rules: Rules) -> tuple[str, ...]:
    names = tuple(_split(written))
    for name in names:
        if name not in rules.names and not is_code(name):
            from tf2ms_opt.spelling import code_or_rule  # noqa: PLC0415 -- for what has to be spelled again

            hint = code_or_rule(name, rules.names)
            raise UsageError(f"{option}: {name!r} is neither a rule nor a finding's code{hint}")
    return names


def _split(written: Iterable[str]) -> Iterator[str]:
    for part in written:
        yield from (name.strip() for name in part.split(",") if name.strip())
