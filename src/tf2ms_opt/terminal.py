"""What commands share: the terminal they speak to, the settings that hold for a run, and how a run fails.

It knows click and the streams of the process; nothing is computed here.
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from tf2ms_opt.options import Fidelity, InputError, Scope
from tf2ms_opt.report.places import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tf2ms_opt.config import Settings
    from tf2ms_opt.language import Language, Lexicon
    from tf2ms_opt.sink import Streams


#: the option of every command that speaks to people
LANG = click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the report (default: the locale's).")


class Program(click.Group):
    """Commands that end in words and an exit code, whatever happens to them."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 -- click's
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.message = visible(error.message)  # type: ignore[misc]  # of an instance of our own
            raise
        except KeyboardInterrupt as error:
            raise Failure("interrupted: files that were not reported yet are as they were") from error

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- click's
        try:
            return super().main(*args, **kwargs)
        except OSError as error:  # a disk that is full, behind the output of the program itself
            _end(error.strerror or str(error))
        except Exception as error:  # noqa: BLE001 -- a bug of ours; the exit code 1 would say that a site is left
            *_, last = traceback.extract_tb(error.__traceback__)
            place = f"{Path(last.filename).name}, line {last.lineno}"
            _end(f"internal error, please report it: {type(error).__name__}: {error} ({place})")


def _end(why: str) -> NoReturn:
    with suppress(OSError):
        click.echo(f"Error: {visible(why)}", err=True)
    _give_up(sys.stdout)
    _give_up(sys.stderr)
    sys.exit(Failure.exit_code)


def _give_up(stream: TextIO) -> None:
    """Write what is still in ``stream``, or nowhere: Python would try again, and end with an exit code of its own."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Failure(click.ClickException):
    """A configuration or rule file that cannot be used."""

    exit_code = 2


def settings(paths: tuple[str, ...], given: dict[str, Any]) -> Settings:
    """What is said on the command line, over what the project's configuration says."""
    from tf2ms_opt.config import Settings, load, merge, nearest  # noqa: PLC0415

    file = nearest([Path(path) for path in paths if path != "-"])
    return merge(said(given), load(file) if file else Settings())


def said(given: dict[str, Any]) -> Settings:
    """What is said on the command line alone."""
    from tf2ms_opt.config import Settings  # noqa: PLC0415

    values = {name: value for name, value in given.items() if value not in (None, ())}
    if "fidelity" in values:
        values["fidelity"] = Fidelity(values["fidelity"])
    if "scope" in values:
        values["scope"] = Scope(values["scope"])
    return Settings(**values)


def spoken(settings: Settings) -> Settings:
    """``settings`` with the language of the run: people are spoken to in the locale's, machines in English."""
    from msgspec.structs import replace  # noqa: PLC0415

    if settings.lang is not None or settings.format not in (None, "text"):
        return settings
    return replace(settings, lang=_of_locale())


def lexicon(lang: Language | None, folders: Sequence[str]) -> Lexicon:
    """What a command without files speaks, rule files in ``folders`` included."""
    from tf2ms_opt.wishes import lexicon_of  # noqa: PLC0415

    try:
        found = lexicon_of(spoken(settings((), {"lang": lang, "rules": tuple(folders)})))
    except InputError as error:
        raise Failure(str(error)) from error
    if found.language != "en" and not _takes(sys.stdout.encoding):
        raise Failure(f"--lang {found.language}: set PYTHONIOENCODING=utf-8; {sys.stdout.encoding} has no such letters")
    return found


def _of_locale() -> Language | None:
    """The locale's language, unless the terminal or file behind a stream has no letters for it."""
    from tf2ms_opt.language import of_locale  # noqa: PLC0415

    found = of_locale(os.environ)
    return found if found == "en" or all(_takes(stream.encoding) for stream in (sys.stdout, sys.stderr)) else None


def _takes(encoding: str | None) -> bool:
    """Whether Chinese can be written in ``encoding``."""
    try:
        "中".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def streams() -> Streams:
    """The process's own streams."""
    from tf2ms_opt.sink import Streams  # noqa: PLC0415

    return Streams(
        stdin=sys.stdin.buffer,
        stdout=sys.stdout.buffer,
        say=lambda line: click.echo(visible(line), err=True),
        console=lambda: console(err=True),
        live=sys.stderr.isatty(),
        colour=_takes_colour(sys.stdout.isatty()),
        terminal=sys.stdout.isatty(),
    )


def _takes_colour(terminal: bool) -> bool:
    """https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def console(*, err: bool) -> Console:
    """The terminal behind stdout, or stderr."""
    from rich.console import Console  # noqa: PLC0415

    # rich's own NO_COLOR keeps bold and dim; without a colour system no escape is printed at all
    return Console(stderr=err, color_system=None if os.environ.get("NO_COLOR") else "auto")
