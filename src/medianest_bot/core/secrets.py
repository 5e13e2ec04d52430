"""Secrets at rest: the keys, and the text form of what is written with them.

A secret is kept as `v1.<key id>.<nonce>.<ciphertext and tag>` (AES-256-GCM, the
last two in unpadded URL-safe base64). The place it is kept in is authenticated
with it, so a value copied to another row or column does not open there.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from medianest_bot.core import _key_files, _key_text
from medianest_bot.core._key_text import (
    KEY_BYTES,
    VERSION,
    Key,
    decoded,
    derived,
    from_text,
    named,
    new_key,
    to_text,
)

__all__ = [
    "KEY_BYTES",
    "VERSION",
    "Damaged",
    "From",
    "Key",
    "KeySettings",
    "Keyring",
    "NoKey",
    "Where",
    "WrongKey",
    "check_canary",
    "comes_from",
    "find_keyring",
    "make_canary",
    "no_key",
    "open_keyring",
    "ring_file",
]

_NONCE_BYTES = 12
_SCRYPT = {"n": 2**16, "r": 8, "p": 1}
_MOST_SCRYPT_BYTES = 2**30


class WrongKey(Exception):
    """This secret was written with a key that is not in the ring."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or _WRONG)


class NoKey(WrongKey):
    """The key can be neither read nor made. The message says which file, and why."""


class Damaged(Exception):
    """This secret was changed, or stands where it was not written."""

    def __init__(self) -> None:
        super().__init__("A stored secret is damaged or was copied from elsewhere.")


_WRONG = (
    "The stored secrets were written with another key. Put that key back "
    "(ENCRYPTION_KEY, ENCRYPTION_KEYS or the folder DATA_DIR/keys)."
)


@dataclass(frozen=True, slots=True)
class Where:
    """The one place a secret may be opened in. `owner` is whose it is."""

    table: str
    column: str
    row: str | int
    owner: str | int


class KeySettings(Protocol):
    """The settings a ring is opened with."""

    @property
    def encryption_keys(self) -> SecretStr | None: ...
    @property
    def encryption_key(self) -> SecretStr | None: ...
    @property
    def data_dir(self) -> Path: ...


class Keyring:
    """The first key encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = tuple(keys)
        self._first = self.keys[0]
        self._ciphers = {k.id: AESGCM(derived(k.secret, "at rest")) for k in keys}

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """A ring from `id:base64,…`. Raises ValueError, which names the entry."""
        return cls(_key_text.parse(text))

    @property
    def ids(self) -> tuple[str, ...]:
        """What the keys are called; the first one encrypts."""
        return tuple(key.id for key in self.keys)

    def encrypt(self, text: str, where: Where) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key_id = self._first.id
        sealed = self._ciphers[key_id].encrypt(
            nonce, text.encode(), _bound_to(key_id, where)
        )
        return ".".join((VERSION, key_id, to_text(nonce), to_text(sealed)))

    def decrypt(self, value: str, where: Where) -> str:
        """The text that was encrypted. Raises WrongKey or Damaged."""
        key_id, nonce, sealed = _taken_apart(value)
        if key_id not in self._ciphers:
            raise WrongKey
        try:
            opened = self._ciphers[key_id].decrypt(
                nonce, sealed, _bound_to(key_id, where)
            )
            return opened.decode()
        except (InvalidTag, ValueError) as error:
            raise Damaged from error

    def needs_rewrite(self, value: str) -> bool:
        """True where another key than the first one wrote this value."""
        return not value.startswith(f"{VERSION}.{self._first.id}.")

    def derive(self, purpose: str) -> bytes:
        """32 bytes for this purpose alone; they change when the first key does."""
        return derived(self._first.secret, f"purpose/{purpose}")


class From(StrEnum):
    """Where the keys come from."""

    KEYS = "ENCRYPTION_KEYS"
    KEY = "ENCRYPTION_KEY"
    FILE = "file"


def comes_from(settings: KeySettings) -> From:
    """Where the key is from that encrypts."""
    if settings.encryption_keys is not None:
        return From.KEYS
    return From.FILE if settings.encryption_key is None else From.KEY


def ring_file(settings: KeySettings) -> Path:
    """Where keys are kept that no setting names."""
    return settings.data_dir / "keys" / "ring"


def open_keyring(settings: KeySettings) -> Keyring:
    """The ring these settings ask for; without any, one made at the first start.

    With both settings, ENCRYPTION_KEY only decrypts. Takes a moment where the key is
    a passphrase, so call it in a thread. Raises ValueError for malformed settings and
    NoKey for what happens to files.
    """
    keys: list[Key] = []
    if settings.encryption_keys is not None:
        keys += _key_text.parse(settings.encryption_keys.get_secret_value())
    if settings.encryption_key is not None:
        keys += _single(settings, {key.id for key in keys})
    return Keyring(keys) if keys else _kept_ring(ring_file(settings))


def find_keyring(settings: KeySettings) -> Keyring:
    """As `open_keyring`, but makes no key. Raises NoKey where there is none yet."""
    file = ring_file(settings)
    if comes_from(settings) is From.FILE and not file.exists():
        raise NoKey(_NO_KEY_YET.format(file=file))
    return open_keyring(settings)


def make_canary(ring: Keyring) -> str:
    """A value that tells at the next start whether the key is still the right one."""
    return ring.encrypt(_CANARY, _CANARY_PLACE)


def check_canary(ring: Keyring, text: str) -> None:
    """Raises WrongKey where the canary does not open, for whatever reason."""
    try:
        ring.decrypt(text, _CANARY_PLACE)
    except Damaged as error:
        raise WrongKey from error


_NO_KEY_YET = (
    "There is no key yet: the first start of the bot makes {file}. Did it run before? "
    "Then put that file back from where you keep your keys."
)
_CANARY = "medianest"
_CANARY_PLACE = Where("service_config", "value", "canary", "house")


def _single(settings: KeySettings, known: set[str]) -> list[Key]:
    """The key of ENCRYPTION_KEY, unless it stands among the others already."""
    if settings.encryption_key is None:
        return []
    text = settings.encryption_key.get_secret_value()
    salt = settings.data_dir / "keys" / "salt"
    key = named(decoded(text) or _from_passphrase(text, salt))
    return [] if key.id in known else [key]


def _kept_ring(file: Path) -> Keyring:
    kept = _kept(file, lambda: _key_text.written([new_key()]))
    try:
        return Keyring.parse(kept)
    except ValueError as error:
        raise no_key(file, "is damaged") from error


def _from_passphrase(text: str, salt_file: Path) -> bytes:
    kept = _kept(salt_file, _new_salt)
    try:
        scrypt = _scrypt(json.loads(kept))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise no_key(salt_file, "is damaged") from error
    return scrypt.derive(text.encode())


def _scrypt(kept: dict[str, Any]) -> Scrypt:
    n, r, p = (int(kept[name]) for name in ("n", "r", "p"))
    if 128 * n * r > _MOST_SCRYPT_BYTES:
        raise ValueError("asks for too much memory")
    return Scrypt(from_text(kept["salt"]), KEY_BYTES, n, r, p)


def _new_salt() -> str:
    return json.dumps({**_SCRYPT, "salt": to_text(secrets.token_bytes(16))})


def _kept(path: Path, make: Callable[[], str]) -> str:
    try:
        return _key_files.read_or_make(path, make)
    except OSError as error:
        raise no_key(path, error.strerror or "cannot be used") from error
    except ValueError as error:
        raise no_key(path, "is damaged") from error


def no_key(path: Path, why: str) -> NoKey:
    """What is wrong with a key file, and what to do."""
    return NoKey(
        f"The key file {path}: {why[:1].lower()}{why[1:]}. "
        "Check who owns DATA_DIR, or put the file back from where you keep your keys."
    )


def _bound_to(key_id: str, where: Where) -> bytes:
    place = (VERSION, key_id, where.table, where.column, where.row, where.owner)
    return json.dumps([str(part) for part in place]).encode()


def _taken_apart(value: str) -> tuple[str, bytes, bytes]:
    try:
        version, key_id, nonce, sealed = value.split(".")
        if version != VERSION:
            raise Damaged
        return key_id, from_text(nonce), from_text(sealed)
    except ValueError as error:
        raise Damaged from error
