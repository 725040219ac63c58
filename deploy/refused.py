"""The one error that a person is told of in one line, without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


class Refused(Exception):
    """What was seen, what is allowed, what to do."""


@contextmanager
def told_in_one_line(*also: type[Exception], by: str = "") -> Iterator[None]:
    """End the command with 1 when it is refused, or one of these others is raised; `by` says who speaks."""
    told: tuple[type[Exception], ...] = (Refused, *also)
    try:
        yield
    except told as error:
        typer.echo(f"{by}{error}", err=True)
        raise typer.Exit(1) from None
