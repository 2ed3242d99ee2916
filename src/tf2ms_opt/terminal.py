"""What commands share: the terminal they speak to, the settings that hold for a run, and how a run fails.

It knows click and the streams of the process; nothing is computed here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tf2ms_opt.options import Fidelity, Scope

if TYPE_CHECKING:
    from rich.console import Console

    from tf2ms_opt.config import Settings
    from tf2ms_opt.sink import Streams


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


def streams() -> Streams:
    """The process's own streams."""
    from tf2ms_opt.sink import Streams  # noqa: PLC0415

    return Streams(
        stdin=sys.stdin.buffer,
        stdout=sys.stdout.buffer,
        say=lambda line: click.echo(line, err=True),
        console=lambda: console(err=True),
        live=sys.stderr.isatty(),
        colour=_takes_colour(sys.stdout.isatty()),
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
