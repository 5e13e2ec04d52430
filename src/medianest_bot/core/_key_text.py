"""Master keys, and how they are written: `id:base64,…` in settings and in the file."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URL_SAFE = str.maketrans("+/", "-_")


@dataclass(frozen=True, slots=True)
class Key:
    """One master key. What is encrypted or signed uses keys derived from it."""

    id: str
    secret: bytes = field(repr=False)


def parse(text: str) -> tuple[Key, ...]:
    """Keys from `id:base64,…`. Raises ValueError, which names the entry."""
    entries = [entry.strip() for entry in text.split(",")]
    keys = tuple(_entry(entry, place) for place, entry in enumerate(entries, 1))
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("two keys have the same id")
    return keys


def written(keys: Sequence[Key]) -> str:
    """The text that `parse` reads."""
    return ",".join(f"{key.id}:{b64encode(key.secret).decode()}" for key in keys)


def new_key() -> Key:
    return named(secrets.token_bytes(KEY_BYTES))


def named(secret: bytes) -> Key:
    """A key whose id follows from it, so that another key is seen to be another."""
    return Key(derived(secret, "id")[:4].hex(), secret)


def derived(secret: bytes, purpose: str) -> bytes:
    """32 bytes for this purpose alone."""
    info = f"medianest/{VERSION}/{purpose}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def decoded(text: str) -> bytes | None:
    """The key in either base64 alphabet, padded or not; None where it is none."""
    try:
        secret = from_text(text.strip().rstrip("=").translate(_URL_SAFE))
    except ValueError:
        return None
    return secret if len(secret) == KEY_BYTES else None


def to_text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes; raises ValueError where it is not the one way to write them."""
    value = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if to_text(value) != text:
        raise ValueError("not base64")
    return value


def _entry(entry: str, place: int) -> Key:
    key_id, colon, text = entry.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ValueError(
            f"key {place} is not written as id:base64 "
            "(the id: letters, digits, - and _, at most 32)"
        )
    secret = decoded(text)
    if secret is None:
        raise ValueError(f"key {place} is not {KEY_BYTES} bytes in base64")
    return Key(key_id, secret)
