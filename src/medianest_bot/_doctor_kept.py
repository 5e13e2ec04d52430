"""The doctor's look at what the bot keeps: its database and its keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from medianest_bot._cli_words import UNUSABLE, worded
from medianest_bot._doctor_findings import Finding, bad, good, note
from medianest_bot._neighbours import CLIENT_ID
from medianest_bot.core import secrets
from medianest_bot.core.roles import Role
from medianest_bot.core.secrets import Damaged, Keyring, WrongKey
from medianest_bot.core.store import config, people
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreError, StoreUnusable
from medianest_bot.core.store.sealed import CANARY, KUMA_TOKEN, secret_place
from medianest_bot.settings import Settings

DATABASE = "Database"
KEY = "Encryption key"
FIRST_START = "is made at the first start"
OWN_ID = "medianest-bot-doctor"
"""Who we are to Plex before the bot has a name of its own."""
PATIENCE_S = 2.0
_GONE = "is gone, but the database holds what was written with it"
_PUT_BACK = "Put the key back that was in use before, or restore DATA_DIR/keys."


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found, and what other checks need of it."""

    findings: tuple[Finding, ...]
    client_id: str = OWN_ID
    kuma_token: str | None = None
    has_run: bool = False
    without_seerr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database says."""

    canary: str | None
    kuma_token: str | None
    client_id: str | None
    without_seerr: tuple[str, ...]


async def look(settings: Settings) -> Kept:
    """Works beside a running bot: only the bot takes the folder's lock."""
    if _is_new(settings):
        return Kept((note(DATABASE, FIRST_START), note(KEY, FIRST_START)))
    try:
        read = await _read(settings)
    except StoreError as error:
        return Kept((_unusable(error), note(KEY, "was not tried")))
    ring, about_key = await _ring(settings, read)
    return Kept(
        (good(DATABASE, "opens and can be written"), about_key),
        client_id=read.client_id or OWN_ID,
        kuma_token=_opened(ring, read.kuma_token),
        has_run=read.canary is not None,
        without_seerr=read.without_seerr,
    )


def _is_new(settings: Settings) -> bool:
    file = settings.data_dir / "medianest.db"
    return settings.database_url is None and not file.exists()


async def _read(settings: Settings) -> _Read:
    store = await Store.open(settings.database_address, patience_s=PATIENCE_S)
    try:
        async with store.begin() as tx:
            everybody = await people.everyone(tx)
            return _Read(
                canary=await config.get(tx, CANARY),
                kuma_token=await config.get(tx, KUMA_TOKEN),
                client_id=await config.get(tx, CLIENT_ID),
                without_seerr=tuple(
                    one.name
                    for one in everybody
                    if one.seerr_id is None and one.role.covers(Role.MEMBER)
                ),
            )
    finally:
        await store.close()


def _unusable(error: StoreError) -> Finding:
    if isinstance(error, StoreUnusable):
        said = f"cannot be used ({error.reason.value})"
        return bad(DATABASE, said, UNUSABLE[error.reason])
    return bad(DATABASE, "is busy", worded(error))


async def _ring(settings: Settings, read: _Read) -> tuple[Keyring | None, Finding]:
    """The keys, without making any: that is the bot's own first start."""
    if _needs_making(settings):
        if read.canary is None:
            return None, note(KEY, FIRST_START)
        return None, bad(KEY, _GONE, _PUT_BACK)
    try:
        ring = await asyncio.to_thread(secrets.open_keyring, settings)
        if read.canary is not None:
            secrets.check_canary(ring, read.canary)
    except (WrongKey, Damaged, OSError, ValueError) as error:
        said = str(error) if isinstance(error, secrets.NoKey) else "does not fit"
        return None, bad(KEY, said, _PUT_BACK)
    return ring, good(KEY, "fits")


def _needs_making(settings: Settings) -> bool:
    is_set = settings.encryption_keys or settings.encryption_key
    return is_set is None and not (settings.data_dir / "keys" / "ring").exists()


def _opened(ring: Keyring | None, token: str | None) -> str | None:
    if ring is None or token is None:
        return None
    try:
        return ring.decrypt(token, secret_place(KUMA_TOKEN))
    except (WrongKey, Damaged):
        return None
