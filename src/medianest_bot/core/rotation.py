"""Keys made anew: what is stored is written with the first key, then others may go.

    ring file: old  ─▶  new,old  ─▶  (everything re-encrypted at once)  ─▶  new

Whoever is killed between two of these steps has a ring that opens all there is; a
rotation that is run again begins at the first step.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from medianest_bot.core import _key_files, _key_text
from medianest_bot.core.secrets import Damaged, Keyring, Where, WrongKey, no_key
from medianest_bot.core.store import sealed
from medianest_bot.core.store.engine import Store


class Wrong(StrEnum):
    """Why a stored secret does not open."""

    KEY = "written with a key that is not here"
    DAMAGED = "damaged, or copied from elsewhere"


@dataclass(frozen=True, slots=True)
class Fault:
    """A stored secret that does not open."""

    where: Where
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class Checked:
    """How many of the stored secrets open, and those that do not."""

    opened: int
    faults: tuple[Fault, ...]


class DoesNotOpen(Exception):
    """Nothing was changed, as some stored secrets do not open: see `faults`."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} stored secrets do not open")
        self.faults = faults


async def check(store: Store, ring: Keyring) -> Checked:
    """Open every stored secret."""
    async with store.read() as db:
        kept = await sealed.everything(db)
    faults = _faults(ring, kept)
    return Checked(len(kept) - len(faults), faults)


async def written_by(store: Store) -> Counter[str]:
    """How many stored secrets each key wrote, by its id."""
    async with store.read() as db:
        kept = await sealed.everything(db)
    return Counter(_key_id(one.value) for one in kept)


async def reseal(store: Store, ring: Keyring) -> int:
    """Write everything that is sealed with the first key, in one transaction.

    Returns how many values another key had written. Raises DoesNotOpen.
    """
    async with store.begin() as tx:
        kept = await sealed.everything(tx)
        if faults := _faults(ring, kept):
            raise DoesNotOpen(faults)
        old = [one for one in kept if ring.needs_rewrite(one.value)]
        for one in old:
            text = ring.decrypt(one.value, one.where)
            await sealed.put(tx, one.where, ring.encrypt(text, one.where))
    return len(old)


async def renew(store: Store, file: Path, *, keep_old: bool = False) -> tuple[str, int]:
    """Make a new first key in the ring file, and write everything with it.

    The old keys go only after everything was seen to open without them. Returns the
    new key's id, and how many values were written. Raises DoesNotOpen before anything
    was changed, and NoKey where the file cannot be read or written.
    """
    old = _read(file)
    before = await check(store, Keyring(old))
    if before.faults:
        raise DoesNotOpen(before.faults)
    new = _key_text.new_key()
    _write(file, (new, *old))
    count = await reseal(store, Keyring((new, *old)))
    if not keep_old:
        after = await check(store, Keyring([new]))
        if after.faults:
            raise DoesNotOpen(after.faults)
        _write(file, (new,))
    return new.id, count


def _read(file: Path) -> tuple[_key_text.Key, ...]:
    try:
        return _key_text.parse(file.read_text("ascii").strip())
    except OSError as error:
        raise no_key(file, error.strerror or "cannot be read") from error
    except ValueError as error:
        raise no_key(file, "is damaged") from error


def _write(file: Path, keys: tuple[_key_text.Key, ...]) -> None:
    try:
        _key_files.replace(file, _key_text.written(keys))
    except OSError as error:
        raise no_key(file, error.strerror or "cannot be written") from error


def _faults(ring: Keyring, kept: tuple[sealed.Sealed, ...]) -> tuple[Fault, ...]:
    found = ((one.where, _wrong(ring, one)) for one in kept)
    return tuple(Fault(where, wrong) for where, wrong in found if wrong is not None)


def _wrong(ring: Keyring, one: sealed.Sealed) -> Wrong | None:
    try:
        ring.decrypt(one.value, one.where)
    except WrongKey:
        return Wrong.KEY
    except Damaged:
        return Wrong.DAMAGED
    return None


def _key_id(value: str) -> str:
    """What a sealed value says of its key; nothing where it is none."""
    version, _dot, rest = value.partition(".")
    return rest.partition(".")[0] if version == _key_text.VERSION else ""
