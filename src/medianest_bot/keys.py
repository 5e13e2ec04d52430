"""The keys of stored secrets: shown, checked and made anew, while no bot runs.

Tells of keys only what they are called.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from medianest_bot.core import rotation, secrets
from medianest_bot.core.rotation import DoesNotOpen, Fault
from medianest_bot.core.secrets import From, Keyring
from medianest_bot.core.store.engine import Store
from medianest_bot.settings import Settings

WRONG = 1
"""Exit code where something does not open, or nothing could be renewed."""

FROM = "Keys from {source}:"
ENCRYPTS = "  {id}  encrypts; stored secrets it wrote: {count}"
DECRYPTS = "  {id}  only decrypts; stored secrets it wrote: {count}"
NOT_HERE = "  {id}  is not here; stored secrets it wrote: {count}"
NOT_OURS = "  Damaged stored secrets that name no key: {count}"
OPEN = "Every stored secret opens: {count}."
SOME_OPEN = "Stored secrets that open: {count}. These do not:"
FAULT = "  {table} {row}: {wrong}"
UNCHANGED = "Nothing was changed, as these stored secrets do not open:"
MISSING_KEY = "Put the keys back that wrote them."
RENEWED = "{id} is the key now. Stored secrets written anew with it: {count}."
OLD_GONE = (
    "The old keys are gone from {file}. To restore an older backup of the database, "
    "you need the key file that was in use then."
)
OLD_KEPT = "The old keys are still in {file}, so that older backups open."
COPY_IT = "Where you keep a copy of {file}, copy it again."
REWRITTEN = "{id} is the key. Stored secrets written anew with it: {count}."
MAY_GO = (
    "Not needed any more, except to restore older backups: {ids}. "
    "Take them out of ENCRYPTION_KEYS, and ENCRYPTION_KEY out of the settings if set."
)
ADD_ONE = """\
There is only one key, so there is nothing to change to. Put a new one in front:

  ENCRYPTION_KEYS=NAME:<output of: openssl rand -base64 32>,{id}:<the key as it is>

and run this again. NAME is up to you, the year for example."""
ADD_KEYS = """\
ENCRYPTION_KEY holds one key only. Put a new one beside it, and leave it as it is:

  ENCRYPTION_KEYS=NAME:<output of: openssl rand -base64 32>

and run this again: it writes everything with the new key. NAME is up to you, the year
for example. Then take ENCRYPTION_KEY out of the settings."""

Say = Callable[[str], None]


async def show(settings: Settings, say: Say) -> int:
    """Which keys there are, where from, and how much each of them wrote."""
    async with _opened(settings) as (store, ring):
        wrote = await rotation.written_by(store)
    first, *others = ring.ids
    say(FROM.format(source=_source(settings)))
    say(ENCRYPTS.format(id=first, count=wrote.pop(first, 0)))
    for one in others:
        say(DECRYPTS.format(id=one, count=wrote.pop(one, 0)))
    damaged = wrote.pop("", 0)
    for one, count in sorted(wrote.items()):
        say(NOT_HERE.format(id=one, count=count))
    if damaged:
        say(NOT_OURS.format(count=damaged))
    return 0


async def check(settings: Settings, say: Say) -> int:
    """Whether every stored secret opens; 1 where one does not."""
    async with _opened(settings) as (store, ring):
        found = await rotation.check(store, ring)
    if not found.faults:
        say(OPEN.format(count=found.opened))
        return 0
    say(SOME_OPEN.format(count=found.opened))
    _tell(found.faults, say)
    return WRONG


async def rotate(settings: Settings, say: Say, *, keep_old: bool = False) -> int:
    """Make a new key, or change to the first of those that are set."""
    try:
        async with _opened(settings) as (store, ring):
            match secrets.comes_from(settings):
                case From.FILE:
                    return await _renew(store, settings, say, keep_old=keep_old)
                case From.KEY:
                    say(ADD_KEYS)
                    return WRONG
                case From.KEYS:
                    return await _rewrite(store, ring, say)
    except DoesNotOpen as error:
        say(UNCHANGED)
        _tell(error.faults, say)
        return WRONG


async def _renew(store: Store, settings: Settings, say: Say, *, keep_old: bool) -> int:
    file = secrets.ring_file(settings)
    new, count = await rotation.renew(store, file, keep_old=keep_old)
    say(RENEWED.format(id=new, count=count))
    say((OLD_KEPT if keep_old else OLD_GONE).format(file=file))
    say(COPY_IT.format(file=file))
    return 0


async def _rewrite(store: Store, ring: Keyring, say: Say) -> int:
    first, *others = ring.ids
    if not others:
        say(ADD_ONE.format(id=first))
        return WRONG
    count = await rotation.reseal(store, ring)
    say(REWRITTEN.format(id=first, count=count))
    say(MAY_GO.format(ids=", ".join(others)))
    return 0


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Store, Keyring]]:
    """The store and its keys. Raises StoreInUse where a bot works on them."""
    ring = await asyncio.to_thread(secrets.find_keyring, settings)
    store = await Store.open(settings.database_address, lock_folder=settings.data_dir)
    try:
        yield store, ring
    finally:
        await store.close()


def _source(settings: Settings) -> str:
    source = secrets.comes_from(settings)
    if source is From.FILE:
        return str(secrets.ring_file(settings))
    if source is From.KEYS and settings.encryption_key is not None:
        return f"{source}, and {From.KEY}"
    return source


def _tell(faults: Iterable[Fault], say: Say) -> None:
    told = tuple(faults)
    for one in told:
        table, row = one.where.table, one.where.row
        say(FAULT.format(table=table, row=row, wrong=one.wrong))
    if any(one.wrong is rotation.Wrong.KEY for one in told):
        say(MISSING_KEY)
