"""Looks at everything the bot stands on and says what to mend, and how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from medianest_bot import _doctor_kept, log
from medianest_bot import _doctor_places as places
from medianest_bot import _doctor_services as services
from medianest_bot._doctor_discord import DISCORD, discord
from medianest_bot._doctor_findings import Finding, Sign, bad, good
from medianest_bot._doctor_kept import Kept
from medianest_bot._doctor_kuma import KUMA, kuma
from medianest_bot._doctor_sign_in import SIGN_IN, sign_in
from medianest_bot._doctor_telegram import TELEGRAM, telegram
from medianest_bot.settings import ENV_FILE, Settings, WrongSettings, read

DEADLINE_S = 9.0
"""Every check has this long, all at once."""

Write = Callable[[str], None]


async def run(write: Write, environ: Mapping[str, str] | None = None) -> int:
    """Check everything, print a line each; returns 1 where something is bad."""
    try:
        env_file = ENV_FILE if environ is None else None
        settings = read(environ, env_file=env_file)
    except WrongSettings as wrong:
        for complaint in wrong.complaints:
            write(str(Finding(Sign.BAD, "Settings", complaint)))
        return 1
    log.configure("WARNING", settings.log_format, secrets=settings.secret_values())
    found = await look(settings, env_file=env_file)
    for finding in found:
        write(str(finding))
    return int(any(finding.sign is Sign.BAD for finding in found))


async def look(
    settings: Settings, deadline_s: float = DEADLINE_S, env_file: Path | None = None
) -> tuple[Finding, ...]:
    """Everything at once, so that what hangs delays nothing else."""
    kept = asyncio.create_task(_kept(settings, deadline_s / 2))
    checks = {
        "Data folder": places.data(settings),
        "Secrets": places.private(settings, env_file),
        "Database": _database(kept),
        "Plex": services.plex(settings, asyncio.shield(kept)),
        "Seerr": services.seerr(settings, asyncio.shield(kept)),
        KUMA: kuma(settings, asyncio.shield(kept)),
        TELEGRAM: telegram(settings),
        DISCORD: discord(settings),
        SIGN_IN: sign_in(settings),
        "Downloads folder": places.downloads(settings),
        "yt-dlp": places.lane(),
    }
    found = await asyncio.gather(
        *(_within(deadline_s, about, check) for about, check in checks.items())
    )
    settled = good("Settings", "all of them can be read")
    return (settled, *(finding for part in found for finding in part))


async def _kept(settings: Settings, deadline_s: float) -> Kept:
    try:
        async with asyncio.timeout(deadline_s):
            return await _doctor_kept.look(settings)
    except TimeoutError:
        return Kept((_late("Database", deadline_s),))


async def _database(kept: asyncio.Task[Kept]) -> tuple[Finding, ...]:
    return (await kept).findings


async def _within(
    deadline_s: float, about: str, check: Awaitable[tuple[Finding, ...]]
) -> tuple[Finding, ...]:
    try:
        async with asyncio.timeout(deadline_s):
            return await check
    except TimeoutError:
        return (_late(about, deadline_s),)


def _late(about: str, deadline_s: float) -> Finding:
    said = f"did not answer within {deadline_s:.0f} s"
    return bad(about, said, "Is the machine, the disk or the service overloaded?")
