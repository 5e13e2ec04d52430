"""The form each setting must have: from the text given to the value, or a complaint.

A complaint continues a sentence that begins with the setting's name. It says what
is wrong and what to do, and never repeats the text, which may be secret.
"""

from __future__ import annotations

import grp
import importlib.util
import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from medianest_bot.core.secrets import Keyring
from medianest_bot.services import sites as site_rules

SITES = ", ".join(site_rules.known())
SHORTEST_PASSPHRASE = 12

_HOST = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?(\.[^\W_]([\w-]{0,61}[^\W_])?)*\.?")
_DATABASE = re.compile(
    r"(sqlite(\+\w+)?:///(?!:memory:).+|postgresql(\+\w+)?://.+)", re.DOTALL
)
_LONGEST_URL = 2000
_SPELLINGS = {"true": "yes", "on": "yes", "1": "yes"} | {
    "false": "no",
    "off": "no",
    "0": "no",
}


def url(text: str) -> str:
    """An address of a server, without the slash at its end."""
    text = text.strip()
    if (
        len(text) > _LONGEST_URL
        or not text.isprintable()
        or re.search(r'[\s\\"<>]', text)
    ):
        raise ValueError("holds characters no web address has. Type it again.")
    try:
        parts = urlsplit(text)
        _check_url(parts)
    except _Wrong as wrong:
        raise ValueError(str(wrong)) from None
    except ValueError:
        raise ValueError(
            "is no web address. Write it like http://192.168.1.5:5055, "
            "and an IPv6 address in brackets: http://[fd00::5]:5055."
        ) from None
    return text.rstrip("/")


def gateway(text: str) -> str:
    """An address of a websocket."""
    scheme, rest, address = text.strip().partition("://")
    if scheme not in ("ws", "wss") or not rest:
        raise ValueError("must start with ws:// or wss://.")
    return f"{scheme}://{url(f'http://{address}').removeprefix('http://')}"


class _Wrong(Exception):
    """What is wrong about an address that can be read as one."""


def _check_url(parts: SplitResult) -> None:
    if parts.scheme not in ("http", "https"):
        raise _Wrong("must start with http:// or https://.")
    if "@" in parts.netloc:
        raise _Wrong("holds a user name or password. Leave out all before the @.")
    if parts.query or parts.fragment:
        raise _Wrong("has more than a host and a path. Leave out all from ? or # on.")
    if not is_host(parts.hostname or "") or parts.port == 0:
        raise ValueError


def is_host(text: str) -> bool:
    """True for a name or an address of a machine."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


def host(text: str) -> str:
    if not is_host(text):
        raise ValueError("is no address to listen on. Write 127.0.0.1, 0.0.0.0 or ::.")
    return text


def port(text: str | int) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(text)) or not 0 < int(text) < 65536:
        raise ValueError("must be a number from 1 to 65535.")
    return int(text)


def token(text: str) -> SecretStr:
    """One word that can travel in a header."""
    text = text.strip()
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError(
            "holds spaces, line breaks or characters no key has. Copy it again."
        )
    return SecretStr(text)


def password(text: str) -> SecretStr:
    if not text.isprintable():
        raise ValueError(
            "holds a line break or another character that cannot be typed."
        )
    return SecretStr(text)


def user(text: str) -> str:
    return password(text).get_secret_value()


def totp(text: str) -> SecretStr:
    text = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{6}", text):
        raise ValueError("must be the six digits your authenticator shows now.")
    return SecretStr(text)


def status_page(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError(
            "must be the short name alone: family, where the page is at /status/family."
        )
    return text


def folder(value: str | Path) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:
        raise ValueError(
            "names a home folder nobody has. Write the path out."
        ) from None


def database(text: str) -> SecretStr:
    if not _DATABASE.fullmatch(text):
        raise ValueError(
            "must look like postgresql://user:password@host/name "
            "or sqlite:////data/medianest.db."
        )
    if text.startswith("postgresql") and not importlib.util.find_spec("psycopg"):
        raise ValueError(
            "needs PostgreSQL's driver. Run: pip install 'medianest-bot[scale]'."
        )
    return SecretStr(text)


def umask(text: str | int) -> int:
    if not re.fullmatch(r"0?[0-7]{3}|[0-7]{1,2}", str(text)):
        raise ValueError("must be three octal digits, like 022 or 027.")
    value = int(str(text), 8)
    if value & 0o700:
        raise ValueError("takes rights from the bot itself. Begin it with 0, like 027.")
    return value


def group(text: str) -> str:
    try:
        grp.getgrnam(text)
    except (KeyError, ValueError):
        raise ValueError("is no group of this machine. See: getent group.") from None
    return text


def sites(text: str) -> str:
    entries = [entry.strip() for entry in text.split(",")]
    wrong = [str(at) for at, entry in enumerate(entries, 1) if not _is_site(entry)]
    if wrong:
        raise ValueError(
            f"has an entry (number {' and '.join(wrong)}) that is neither one of "
            f"{SITES} nor a web address ending in /."
        )
    return ",".join(entries)


def _is_site(entry: str) -> bool:
    try:
        return bool(site_rules.parse(entry))
    except ValueError:
        return False


def keys(text: str) -> SecretStr:
    try:
        Keyring.parse(text)
    except ValueError as error:
        raise ValueError(
            f"cannot be used: {error}. Make a key with: openssl rand -base64 32"
        ) from None
    return SecretStr(text)


def key(text: str) -> SecretStr:
    if len(text) < SHORTEST_PASSPHRASE:
        raise ValueError(
            f"is too short: at least {SHORTEST_PASSPHRASE} characters, "
            "or 32 bytes in base64. Make one with: openssl rand -base64 32"
        )
    return SecretStr(text)


def log_level(text: str) -> str:
    return _one_of(("debug", "info", "warning", "error"), text)


def log_format(text: str) -> str:
    return _one_of(("console", "json"), text)


def yes_no(value: str | bool) -> bool:  # noqa: FBT001 - pydantic gives the default
    if isinstance(value, bool):
        return value
    return _one_of(("yes", "no"), _SPELLINGS.get(value.strip().lower(), value)) == "yes"


def _one_of(words: tuple[str, ...], text: str) -> str:
    word = text.strip().lower()
    if word not in words:
        raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}.")
    return word


def parts_of_secrets(
    rings: SecretStr | None, address: SecretStr | None
) -> tuple[str, ...]:
    """The keys of a ring and the password of a database, each by itself."""
    texts = []
    if rings is not None:
        entries = rings.get_secret_value().split(",")
        texts += [entry.partition(":")[2].strip() for entry in entries]
    if address is not None and (word := urlsplit(address.get_secret_value()).password):
        texts += [word, unquote(word)]
    return tuple(texts)
