"""plex.tv, where Plex accounts live: who somebody is and what they may reach.

Of what it tells about a person, only the five fields of `PlexUser` are read.
A PIN's id redeems a token, so it is a secret like the token itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from medianest_bot.services import _plex_reading as reading
from medianest_bot.services import _plex_shares
from medianest_bot.services._plex_calls import headers, query
from medianest_bot.services.errors import Unreadable
from medianest_bot.services.http import CALL_S, Http
from medianest_bot.services.loose import table, text


class Access(StrEnum):
    """What a Plex account may do on one server."""

    OWNER = "owner"
    SHARED = "shared"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PlexUser:
    """A Plex account. Only `id` never changes."""

    id: int
    uuid: str
    username: str
    title: str
    thumb: str | None


@dataclass(frozen=True, slots=True)
class Pin:
    """A sign-in that has begun. `code` is what the person confirms."""

    id: int = field(repr=False)
    code: str = field(repr=False)
    expires: datetime


class PlexTv:
    """plex.tv as one client; tokens are handed in with each call and not kept."""

    def __init__(self, http: Http, client_id: str, product: str = "MediaNest") -> None:
        self._http = http
        self._client_id = client_id
        self._product = product

    async def user(self, token: str) -> PlexUser:
        """Whose token it is. Refused where it is nobody's any more."""
        answer = await self._http.get("/api/v2/user", headers=self._headers(token))
        row = answer.object()
        user_id = reading.number(row.get("id"))
        if user_id is None:
            raise Unreadable(answer.service, status=answer.status)
        return PlexUser(
            id=user_id,
            uuid=text(row.get("uuid")),
            username=text(row.get("username")),
            title=text(row.get("title")),
            thumb=text(row.get("thumb")) or None,
        )

    async def can_reach(self, token: str, machine_id: str) -> Access:
        """Whether that account owns or shares the server of that machine id."""
        answer = await self._http.get(
            "/api/v2/resources",
            params={"includeHttps": 1, "includeRelay": 1, "includeIPv6": 1},
            headers=self._headers(token),
        )
        found = answer.json()
        if not isinstance(found, list):
            raise Unreadable(answer.service, status=answer.status)
        servers = (table(row) for row in found)
        ours = [row for row in servers if _is_server(row, machine_id)]
        if any(reading.is_true(row.get("owned")) for row in ours):
            return Access.OWNER
        return Access.SHARED if ours else Access.NONE

    async def shared_with(self, owner_token: str, machine_id: str) -> frozenset[int]:
        """The ids of the accounts that our server is shared with; never the owner's.

        Only a whole answer is returned, so that who is not in it is not shared with.
        """
        about = {**self._headers(owner_token), "Accept": "application/xml"}
        answer = await self._http.get("/api/users", headers=about, within_s=CALL_S)
        try:
            return _plex_shares.read(answer.body, machine_id)
        except _plex_shares.NotShares as error:
            raise Unreadable(answer.service, status=answer.status) from error

    async def create_pin(self, *, strong: bool = True, product: str = "") -> Pin:
        """A strong one is for a browser; a weak one is typed at plex.tv/link.

        `product` is what the person finds among their authorized devices.
        """
        name = text(product) or self._product
        about = {"X-Plex-Product": name, "X-Plex-Device-Name": name}
        # A header would spoil a name that is not ASCII.
        bare = {k: v for k, v in self._headers().items() if k not in about}
        asked = query({"strong": "true", **about} if strong else {**about})
        answer = await self._http.send("POST", f"/api/v2/pins{asked}", headers=bare)
        row = answer.object()
        pin_id, code = reading.number(row.get("id")), text(row.get("code"))
        expires = _moment(row.get("expiresAt"))
        if pin_id is None or not code or expires is None:
            raise Unreadable(answer.service, status=answer.status)
        return Pin(pin_id, code, expires)

    async def read_pin(self, pin_id: int) -> str | None:
        """The account's token once somebody has confirmed; Missing once expired."""
        path = f"/api/v2/pins/{int(pin_id)}"
        answer = await self._http.get(path, headers=self._headers())
        row = answer.object()
        if "authToken" not in row:
            raise Unreadable(answer.service, status=answer.status)
        return text(row["authToken"]) or None

    async def sign_out(self, token: str) -> None:
        """The token is nobody's from now on. Refused where it was so already."""
        path = "/api/v2/users/signout"
        await self._http.send(
            "DELETE", path, headers=self._headers(token), repeatable=True
        )

    def sign_in_address(
        self, auth_url: str, code: str, forward_url: str, product: str = ""
    ) -> str:
        """Where a browser confirms a strong PIN, and comes back from.

        Everything stands in the fragment, which the person can change: what comes
        back must be checked.
        """
        parts = {
            "clientID": self._client_id,
            "code": code,
            "context[device][product]": text(product) or self._product,
            "forwardUrl": forward_url,
        }
        pairs = (f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in parts.items())
        return f"{auth_url.rstrip('/')}#?{'&'.join(pairs)}"

    def link_address(self, plex_tv_url: str, code: str = "") -> str:
        """Where somebody types a weak PIN; with `code` it stands there already."""
        address = f"{plex_tv_url.rstrip('/')}/link"
        return f"{address}/?pin={quote(code, safe='')}" if code else address

    async def aclose(self) -> None:
        await self._http.aclose()

    def _headers(self, token: str | None = None) -> Mapping[str, str]:
        return headers(self._client_id, token, self._product)


def _is_server(row: dict[str, Any], machine_id: str) -> bool:
    provides = text(row.get("provides")).split(",")
    return "server" in provides and row.get("clientIdentifier") == machine_id


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
