"""Which addresses may be fetched from: the rules, and the check of one address."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

LONGEST = 2000

_KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # name in the setting: (hosts, names of yt-dlp's extractors as patterns)
    "youtube": (
        (
            "youtube.com",
            "www.youtube.com",
            "m.youtube.com",
            "music.youtube.com",
            "youtu.be",
            "youtube-nocookie.com",
            "www.youtube-nocookie.com",
        ),
        ("youtube.*",),
    ),
    "vimeo": (("vimeo.com", "www.vimeo.com", "player.vimeo.com"), ("vimeo.*",)),
    "dailymotion": (
        ("dailymotion.com", "www.dailymotion.com", "dai.ly"),
        ("dailymotion.*",),
    ),
    "archive.org": (("archive.org", "www.archive.org"), (r"archive\.org",)),
}
_LOCAL_NAMES = (".local", ".localhost", ".lan", ".internal", ".home.arpa")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Reason(StrEnum):
    """Why an address was not taken."""

    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    SCHEME = "scheme"
    CREDENTIALS = "credentials"
    SMUGGLED = "smuggled"
    PRIVATE = "private"
    UNKNOWN_SITE = "unknown_site"


class NotAllowed(ValueError):
    """The address may not be fetched from, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SiteRule:
    """One allowed site: known hosts with their extractors, or a `prefix`.

    Only under a prefix may yt-dlp's generic extractor work, and only there are
    private addresses reached.
    """

    name: str
    hosts: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    prefix: str | None = None


def parse(setting: str) -> tuple[SiteRule, ...]:
    """The rules in a comma-separated setting.

    Raises ValueError naming the entries that are neither a known site nor a
    prefix, so that all of them can be complained about at once.
    """
    entries = [entry.strip() for entry in setting.split(",") if entry.strip()]
    wrong = [entry for entry in entries if not _is_known_or_prefix(entry)]
    if wrong:
        raise ValueError(f"neither a known site nor a URL ending in /: {wrong}")
    return tuple(_rule(entry) for entry in entries)


def known() -> tuple[str, ...]:
    """The sites that can be named in the setting."""
    return tuple(_KNOWN)


def check(url: str, rules: tuple[SiteRule, ...]) -> str:
    """The address as it may be fetched, without fragment. Raises NotAllowed."""
    return checked(url, rules)[0]


def checked(url: str, rules: tuple[SiteRule, ...]) -> tuple[str, SiteRule]:
    """The same, with the rule that allows it."""
    url = url.strip(" ")
    parts = _parts(url)
    clean = parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()
    for rule in rules:
        if rule.prefix and _is_under(clean, rule.prefix):
            return clean, rule
    host = (parts.hostname or "").rstrip(".")
    if is_private(host):
        raise NotAllowed(Reason.PRIVATE)
    for rule in rules:
        if host in rule.hosts and parts.port in (None, 80, 443):
            return clean, rule
    raise NotAllowed(Reason.UNKNOWN_SITE)


def is_private(host: str) -> bool:
    """True for what is no public name or address, in whatever way it is written.

    inet_aton reads the short, octal and hexadecimal spellings that browsers and
    C libraries also take for addresses (2130706433, 0x7f.1).
    """
    try:
        return not is_global(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return not is_global(ipaddress.IPv4Address(socket.inet_aton(host)))
    except OSError:
        return "." not in host or host.endswith(_LOCAL_NAMES)


def is_global(address: IpAddress) -> bool:
    """True where the address, and the IPv4 one hidden in it, is a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo:
            hidden = address.teredo[1]
        if hidden is not None:
            return hidden.is_global and not hidden.is_multicast
    return address.is_global and not address.is_multicast


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST:
        raise NotAllowed(Reason.TOO_LONG)
    if not url.isprintable() or any(mark in url for mark in ' \\"<>'):
        raise NotAllowed(Reason.CHARACTERS)
    # yt-dlp reads orders from such a fragment, for example another file name.
    if "__youtubedl_smuggle" in unquote(url).lower():
        raise NotAllowed(Reason.SMUGGLED)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise NotAllowed(Reason.MALFORMED) from error
    if parts.scheme not in ("http", "https"):
        raise NotAllowed(Reason.SCHEME)
    if "@" in parts.netloc:
        raise NotAllowed(Reason.CREDENTIALS)
    if not parts.hostname:
        raise NotAllowed(Reason.MALFORMED)
    return parts


def _is_under(url: str, prefix: str) -> bool:
    """Same scheme, host and port, and a path below, with no way back up."""
    one, other = urlsplit(url), urlsplit(prefix)
    path = unquote(one.path)
    return (
        (one.scheme, one.hostname, _port(one))
        == (other.scheme, other.hostname, _port(other))
        and path.startswith(other.path)
        and not re.search(r"(^|/)\.\.?(/|$)", path)
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _is_known_or_prefix(entry: str) -> bool:
    if entry.lower() in _KNOWN:
        return True
    try:
        parts = _parts(entry)
    except NotAllowed:
        return False
    is_folder = parts.path.endswith("/") or not parts.path
    return is_folder and not parts.query and not parts.fragment


def _rule(entry: str) -> SiteRule:
    if entry.lower() in _KNOWN:
        hosts, extractors = _KNOWN[entry.lower()]
        return SiteRule(entry.lower(), hosts=hosts, extractors=extractors)
    return SiteRule(
        urlsplit(entry).netloc, extractors=("generic",), prefix=_as_folder(entry)
    )


def _as_folder(entry: str) -> str:
    return entry if entry.endswith("/") else f"{entry}/"
