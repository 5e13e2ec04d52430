"""The command line: run, console, demo, doctor, keys."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from medianest_bot import _leaving, log
from medianest_bot._cli_keys import with_keys
from medianest_bot._cli_words import NO_CHAT, unwritable, worded
from medianest_bot._log_file import log_file
from medianest_bot.core.secrets import Damaged, WrongKey
from medianest_bot.core.store.errors import StoreError
from medianest_bot.settings import Settings, WrongSettings, read

cli = with_keys(
    typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="The chat bot for a household with a media server.",
    )
)

DEMO_FOLDER = Path(".demo")
LOG = "log.txt"
WRONG = 2
"""Exit code where nothing could be started."""
INTERRUPTED = 130


def main() -> None:
    """Run the command line; what cannot start says so in plain sentences."""
    # Importing makes no garbage, so nothing is gained by looking for any.
    gc.disable()
    try:
        with told_plainly():
            cli()
    finally:
        # Nor is there a reason to tidy up what ends with the process.
        gc.freeze()


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer's signature
    if asked:
        typer.echo(version("medianest-bot"))
        raise typer.Exit


@cli.callback()
def _options(
    _version: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Say which it is."
        ),
    ] = False,
) -> None:
    """The chat bot for a household with a media server."""


@cli.command()
def run() -> None:
    """Run the bot in the chats that are set up."""
    settings = read()
    if settings.telegram_token is None and settings.discord_token is None:
        _complain(NO_CHAT)
    from medianest_bot import running, web  # noqa: PLC0415 - loads much

    _log(settings)
    try:
        # Being stopped is how running ends.
        with suppress(_leaving.Told, KeyboardInterrupt):
            sys.exit(_leaving.run(running.run(settings, typer.echo, _say_wrong)))
    except web.CannotServe as error:
        _complain(str(error))


@cli.command()
def console() -> None:
    """Talk to the bot in this terminal, as an admin, on your own services."""
    from medianest_bot import local, web  # noqa: PLC0415 - loads much

    settings = read()
    _log(settings, log_file(settings.data_dir / LOG) if _is_terminal() else None)
    try:
        _leaving.run(local.console(settings))
    except web.CannotServe as error:
        _complain(str(error))


@cli.command()
def doctor() -> None:
    """Check settings, services, credentials and folders, and say what to mend."""
    from medianest_bot import doctor as checks  # noqa: PLC0415 - loads much

    sys.exit(_leaving.run(checks.run(typer.echo)))


@cli.command()
def demo(
    say: Annotated[
        list[str] | None, typer.Option(help="A line to say; may be given again.")
    ] = None,
    who: Annotated[
        str, typer.Option("--as", help="Who says it: ana, tim, zoe, mum or guest.")
    ] = "ana",
    as_json: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--json", help="Print one JSON object a line.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Where to keep the demo's data.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for what the lines started.")
    ] = 60.0,
    serve: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--serve", help="Only serve the household.")
    ] = False,
) -> None:
    """Try everything on an embedded household: no tokens, no servers."""
    from medianest_bot import demo_house  # noqa: PLC0415 - loads the stand-ins

    if not timeout > 0:
        _complain("--timeout takes a number of seconds above 0.")
    if who not in demo_house.names():
        names = ", ".join(demo_house.names())
        _complain(f"Nobody in the demo is called {who!r}. There are {names}.")
    is_throw_away = bool(say) and not serve
    with _folder(data, is_throw_away=is_throw_away) as folder:
        if serve:
            _log_for_demo(None)
            # Being stopped is how serving ends.
            with suppress(_leaving.Told, KeyboardInterrupt):
                _leaving.run(demo_house.serve_only(folder, typer.echo))
        elif say:
            _log_for_demo(None)
            lines = demo_house.Lines(tuple(say), who, as_json, timeout)
            sys.exit(_leaving.run(demo_house.script(folder, lines, typer.echo)))
        else:
            _log_for_demo(folder)
            _leaving.run(demo_house.console(folder, who))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what keeps the bot from starting into sentences and an exit code."""
    try:
        yield
    except WrongSettings as wrong:
        for complaint in wrong.complaints:
            typer.echo(complaint, err=True)
        sys.exit(WRONG)
    except (StoreError, WrongKey, Damaged) as error:
        _complain(worded(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except _leaving.Told as told:
        sys.exit(128 + told.sign)


def _complain(sentence: str) -> NoReturn:
    _say_wrong(sentence)
    sys.exit(WRONG)


def _say_wrong(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _log(settings: Settings, stream: TextIO | None = None) -> None:
    """As set, on standard error where no other stream is given."""
    level, form = settings.log_level, settings.log_format
    log.configure(level, form, stream, secrets=settings.secret_values())


@contextmanager
def _folder(data: Path | None, *, is_throw_away: bool) -> Iterator[Path]:
    """The folder named, or .demo, or one that is thrown away afterwards."""
    if data is None and is_throw_away:
        with tempfile.TemporaryDirectory(prefix="medianest-demo-") as name:
            yield Path(name)
        return
    folder = data or DEMO_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        _complain(unwritable(folder))
    yield folder


def _log_for_demo(folder: Path | None) -> None:
    """Into a file where the terminal belongs to the chat."""
    from medianest_bot.demo.serve import SECRETS  # noqa: PLC0415 - loads much

    stream = log_file(folder / LOG) if folder and _is_terminal() else None
    level = "INFO" if stream else "WARNING"
    log.configure(level, "console", stream, secrets=SECRETS)


def _is_terminal() -> bool:
    """True where a prompt is drawn, which log lines would write over."""
    # Python has None for what was closed before it started.
    streams = (sys.stdin, sys.stdout)
    return all(one is not None and os.isatty(one.fileno()) for one in streams)
