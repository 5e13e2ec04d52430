"""The command line: run, console, demo, doctor."""

from __future__ import annotations

import asyncio
import getpass
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from medianest_bot import log
from medianest_bot.core.secrets import WrongKey
from medianest_bot.core.store.errors import StoreError, StoreInUse, StoreUnusable
from medianest_bot.settings import Settings, WrongSettings, read

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The chat bot for a household with a media server.",
)

DEMO_FOLDER = Path(".demo")
WRONG = 2
"""Exit code where nothing could be started."""

NO_CHAT = """\
No chat is set up: this version has no Telegram and no Discord front-end yet,
so there is nothing to run.

  medianest-bot console   talks to your own services, in this terminal
  medianest-bot demo      shows everything on a household of its own
"""
UNUSABLE = {
    "read_only": "The data folder cannot be written to. Check who owns DATA_DIR.",
    "no_folder": "The folder for the database does not exist. Check DATABASE_URL.",
    "no_locks": "DATA_DIR is on a drive without locks. Put it on a local disk.",
    "locked": "Another program keeps the database locked. Close it and try again.",
    "full": "The disk is full. Make room and try again; nothing was lost.",
    "newer": "The database was written by a newer version. Install that one again.",
    "foreign": "DATABASE_URL names a database that belongs to another program.",
    "damaged": "The database file is damaged. Put a backup in its place.",
    "unreachable": "The database server does not answer. Check DATABASE_URL.",
    "no_driver": "PostgreSQL needs more: pip install 'medianest-bot[scale]'.",
    "bad_address": "DATABASE_URL is no address of a database this bot knows.",
}


def main() -> None:
    """Run the command line; what cannot start says so in plain sentences."""
    with told_plainly():
        cli()


@cli.command()
def run() -> None:
    """Run the bot in the chats that are set up."""
    read()
    typer.echo(NO_CHAT, err=True)
    sys.exit(WRONG)


@cli.command()
def console() -> None:
    """Talk to the bot in this terminal, as an admin, on your own services."""
    settings = read()
    _log(settings)
    asyncio.run(_console(settings))


@cli.command()
def doctor() -> None:
    """Check settings, services, credentials and folders, and say what to mend."""
    from medianest_bot import doctor as checks  # noqa: PLC0415 - loads much

    # What it found is its report; the log would only stand in between.
    log.configure("ERROR", "console")
    sys.exit(asyncio.run(checks.run(typer.echo)))


@cli.command()
def demo(
    say: Annotated[
        list[str] | None, typer.Option(help="A line to say; may be given again.")
    ] = None,
    who: Annotated[
        str, typer.Option("--as", help="Who says it: ana, tim, zoe or mum.")
    ] = "ana",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Where to keep the demo's data.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for what the lines started.")
    ] = 60.0,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only serve the household.")
    ] = False,
) -> None:
    """Try everything on an embedded household: no tokens, no servers."""
    from medianest_bot import demo_house  # noqa: PLC0415 - loads the stand-ins

    log.configure("WARNING", "console")
    if serve:
        asyncio.run(demo_house.serve_only(data or DEMO_FOLDER, typer.echo))
        return
    if not say:
        asyncio.run(demo_house.console(data or DEMO_FOLDER, who))
        return
    lines = demo_house.Lines(tuple(say), who, as_json=as_json, timeout_s=timeout)
    with _folder(data) as folder:
        sys.exit(asyncio.run(demo_house.script(folder, lines, typer.echo)))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what keeps the bot from starting into sentences and an exit code."""
    try:
        yield
    except WrongSettings as wrong:
        for complaint in wrong.complaints:
            typer.echo(complaint, err=True)
        sys.exit(WRONG)
    except (StoreError, WrongKey) as error:
        typer.echo(worded(error), err=True)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(130)


def worded(error: StoreError | WrongKey) -> str:
    """Why the bot does not start, for whoever runs it."""
    match error:
        case StoreInUse():
            return (
                "Another medianest-bot already works on this data folder. "
                "Stop it first, or give this one its own DATA_DIR."
            )
        case StoreUnusable(reason=reason):
            return UNUSABLE[reason.value]
        case WrongKey():
            return (
                "ENCRYPTION_KEYS cannot read what this database holds. "
                "Put the key back that was in use before."
            )
        case _:
            return "The database is busy. Try again in a moment."


async def _console(settings: Settings) -> None:
    from medianest_bot.app import open_app  # noqa: PLC0415 - loads much
    from medianest_bot.chats.console import Console  # noqa: PLC0415
    from medianest_bot.local import admin_door, greeting  # noqa: PLC0415

    async with open_app(settings) as app:
        door = await admin_door(app, getpass.getuser())
        history = settings.data_dir / "console_history"
        await Console(door, greeting(app, door), history).run()


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder named, or one that is thrown away afterwards."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="medianest-demo-") as name:
        yield Path(name)


def _log(settings: Settings) -> None:
    log.configure(
        settings.log_level, settings.log_format, secrets=settings.secret_values()
    )
