"""Reads whom a server is shared with, out of the XML of plex.tv's first API."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from medianest_bot.services import _plex_reading as reading

_LARGEST = 2 * 1024 * 1024
"""A hundred people on ten servers are a tenth of it; it is read in one go."""


class NotShares(Exception):
    """It is not the list: no such XML, cut off, or with declarations of its own."""


def read(body: bytes, machine_id: str) -> frozenset[int]:
    """The accounts whose share of that server is accepted. Raises NotShares.

    Nothing but the whole list is good enough: who is not in it loses access.
    """
    if len(body) > _LARGEST:
        raise NotShares
    shares = _Shares(machine_id)
    parser = expat.ParserCreate()
    # What a document declares may grow without end, or be fetched from elsewhere.
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = shares.begin
    parser.EndElementHandler = shares.end
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotShares from error
    if not shares.is_whole:
        raise NotShares
    return frozenset(shares.found)


class _Shares:
    """What was read so far. `total` is how many users the list says it has."""

    def __init__(self, machine_id: str) -> None:
        self.found: set[int] = set()
        self._machine_id = machine_id
        self._path: list[str] = []
        self._user: int | None = None
        self._users = 0
        self._total: int | None = None
        self._is_list = False

    @property
    def is_whole(self) -> bool:
        return self._is_list and (self._total is None or self._users >= self._total)

    def begin(self, name: str, about: Mapping[str, str]) -> None:
        self._path.append(name)
        match self._path:
            case ["MediaContainer"]:
                self._is_list = True
                self._total = reading.number(about.get("totalSize"))
            case ["MediaContainer", "User"]:
                self._users += 1
                self._user = reading.number(about.get("id"))
            case ["MediaContainer", "User", "Server"] if self._is_ours(about):
                self._add()

    def end(self, _name: str) -> None:
        self._path.pop()

    def _add(self) -> None:
        if self._user is not None:
            self.found.add(self._user)

    def _is_ours(self, about: Mapping[str, str]) -> bool:
        is_accepted = about.get("pending", "0") in ("0", "false")
        return about.get("machineIdentifier") == self._machine_id and is_accepted


def _refuse(*_about: object) -> None:
    raise NotShares
