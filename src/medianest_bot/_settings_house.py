"""The forms of settings about the household and its pages."""

from __future__ import annotations

import ipaddress
import re

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LONGEST_NAME = 60
_HIGHEST = 10_000


def networks(value: str | tuple[Network, ...]) -> tuple[Network, ...]:
    """Addresses and networks of machines, with commas between."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(
            ipaddress.ip_network(one.strip()) for one in value.split(",") if one.strip()
        )
    except ValueError:
        raise ValueError(
            "must be addresses or networks with commas between, "
            "like 192.168.1.5,172.18.0.0/16."
        ) from None


def limit(value: str | int) -> int:
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= _HIGHEST:
        raise ValueError(f"must be a number from 1 to {_HIGHEST}.")
    return int(text)


def household(text: str) -> str:
    """A name of one line."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ValueError(f"must be a name of at most {_LONGEST_NAME} characters.")
    return name
