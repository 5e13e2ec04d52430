"""Secrets at rest: the keys, and the text form of what is written with them.

A secret is kept as `v1.<key id>.<nonce>.<ciphertext and tag>` (AES-256-GCM, the
last two in unpadded URL-safe base64). The place it is kept in is authenticated
with it, so a value copied to another row or column does not open there.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from medianest_bot.core import _key_files

VERSION = "v1"
KEY_BYTES = 32
_NONCE_BYTES = 12
_SCRYPT = {"n": 2**16, "r": 8, "p": 1}
_MOST_SCRYPT_BYTES = 2**30
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


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


@dataclass(frozen=True, slots=True)
class Key:
    """One master key. What is encrypted or signed uses keys derived from it."""

    id: str
    secret: bytes = field(repr=False)


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
        self._first = keys[0]
        self._ciphers = {key.id: AESGCM(_derive(key, "at rest")) for key in keys}

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """A ring from `id:base64,…`. Raises ValueError, which names the entry."""
        entries = [entry.strip() for entry in text.split(",")]
        keys = [_entry(entry, place) for place, entry in enumerate(entries, 1)]
        if len({key.id for key in keys}) < len(keys):
            raise ValueError("two keys have the same id")
        return cls(keys)

    def encrypt(self, text: str, where: Where) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key_id = self._first.id
        sealed = self._ciphers[key_id].encrypt(
            nonce, text.encode(), _bound_to(key_id, where)
        )
        return ".".join((VERSION, key_id, _to_text(nonce), _to_text(sealed)))

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
        return _derive(self._first, f"purpose/{purpose}")


def open_keyring(settings: KeySettings) -> Keyring:
    """The ring these settings ask for; without any, one made at the first start.

    Takes a moment where the key is a passphrase, so call it in a thread. Raises
    ValueError for malformed settings and NoKey for what happens to files.
    """
    if settings.encryption_keys is not None:
        return Keyring.parse(settings.encryption_keys.get_secret_value())
    folder = settings.data_dir / "keys"
    if settings.encryption_key is not None:
        text = settings.encryption_key.get_secret_value()
        secret = _decoded(text)
        return Keyring([_named(secret or _from_passphrase(text, folder / "salt"))])
    kept = _kept(folder / "ring", _new_ring)
    try:
        return Keyring.parse(kept)
    except ValueError as error:
        raise _no_key(folder / "ring", "is damaged") from error


def make_canary(ring: Keyring) -> str:
    """A value that tells at the next start whether the key is still the right one."""
    return ring.encrypt(_CANARY, _CANARY_PLACE)


def check_canary(ring: Keyring, text: str) -> None:
    """Raises WrongKey where the canary does not open, for whatever reason."""
    try:
        ring.decrypt(text, _CANARY_PLACE)
    except Damaged as error:
        raise WrongKey from error


_CANARY = "medianest"
_CANARY_PLACE = Where("service_config", "value", "canary", "house")


def _entry(entry: str, place: int) -> Key:
    key_id, colon, text = entry.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ValueError(
            f"key {place} is not written as id:base64 "
            "(the id: letters, digits, - and _, at most 32)"
        )
    secret = _decoded(text)
    if secret is None:
        raise ValueError(f"key {place} is not {KEY_BYTES} bytes in base64")
    return Key(key_id, secret)


def _decoded(text: str) -> bytes | None:
    """The key in either base64 alphabet, padded or not; None where it is none."""
    try:
        secret = _from_text(text.strip().rstrip("=").translate(_URL_SAFE))
    except ValueError:
        return None
    return secret if len(secret) == KEY_BYTES else None


_URL_SAFE = str.maketrans("+/", "-_")


def _named(secret: bytes) -> Key:
    """A key whose id follows from it, so that another key is seen to be another."""
    return Key(_derive(Key("", secret), "id")[:4].hex(), secret)


def _new_ring() -> str:
    key = _named(secrets.token_bytes(KEY_BYTES))
    return f"{key.id}:{b64encode(key.secret).decode()}"


def _derive(key: Key, purpose: str) -> bytes:
    info = f"medianest/{VERSION}/{purpose}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key.secret)


def _from_passphrase(text: str, salt_file: Path) -> bytes:
    kept = _kept(salt_file, _new_salt)
    try:
        scrypt = _scrypt(json.loads(kept))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_key(salt_file, "is damaged") from error
    return scrypt.derive(text.encode())


def _scrypt(kept: dict[str, Any]) -> Scrypt:
    n, r, p = (int(kept[name]) for name in ("n", "r", "p"))
    if 128 * n * r > _MOST_SCRYPT_BYTES:
        raise ValueError("asks for too much memory")
    return Scrypt(_from_text(kept["salt"]), KEY_BYTES, n, r, p)


def _new_salt() -> str:
    return json.dumps({**_SCRYPT, "salt": _to_text(secrets.token_bytes(16))})


def _kept(path: Path, make: Callable[[], str]) -> str:
    try:
        return _key_files.read_or_make(path, make)
    except OSError as error:
        raise _no_key(path, error.strerror or "cannot be used") from error
    except ValueError as error:
        raise _no_key(path, "is damaged") from error


def _no_key(path: Path, why: str) -> NoKey:
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
        return key_id, _from_text(nonce), _from_text(sealed)
    except ValueError as error:
        raise Damaged from error


def _to_text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    """The bytes; raises ValueError where it is not the one way to write them."""
    value = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _to_text(value) != text:
        raise ValueError("not base64")
    return value
