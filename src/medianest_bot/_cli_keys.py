"""The command line's `keys`: show, check, rotate."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from medianest_bot import _leaving, log
from medianest_bot.settings import Settings, read

keys_cli = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show, check and renew the keys of stored secrets. Stop the bot first.",
)


@keys_cli.command()
def show() -> None:
    """Show which keys there are and what each wrote; never a key itself."""
    from medianest_bot import keys  # noqa: PLC0415 - loads much

    sys.exit(_leaving.run(keys.show(_settings(), typer.echo)))


@keys_cli.command()
def check() -> None:
    """Open every stored secret, and name what does not open."""
    from medianest_bot import keys  # noqa: PLC0415 - loads much

    sys.exit(_leaving.run(keys.check(_settings(), typer.echo)))


@keys_cli.command()
def rotate(
    keep_old: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option("--keep-old", help="Keep the old keys, for older backups."),
    ] = False,
) -> None:
    """Make a new key, and write every stored secret with it."""
    from medianest_bot import keys  # noqa: PLC0415 - loads much

    work = keys.rotate(_settings(), typer.echo, keep_old=keep_old)
    sys.exit(_leaving.run(work))


def with_keys(cli: typer.Typer) -> typer.Typer:
    """The command line with `keys` in it."""
    cli.add_typer(keys_cli, name="keys")
    return cli


def _settings() -> Settings:
    settings = read()
    level, form = settings.log_level, settings.log_format
    log.configure(level, form, None, secrets=settings.secret_values())
    return settings
