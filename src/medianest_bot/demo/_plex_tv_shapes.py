"""What plex.tv puts on the wire: accounts, servers and PINs, as JSON or XML."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from medianest_bot.demo._plex_wire import Json, as_json, wants_json

_HEADERS = {"Content-Type": "application/xml; charset=utf-8"}

_PROFILE = {
    "autoSelectAudio": True,
    "defaultAudioLanguage": "en",
    "defaultSubtitleLanguage": "",
    "autoSelectSubtitle": 0,
    "defaultSubtitleAccessibility": 0,
    "defaultSubtitleForced": 0,
}


@dataclass(frozen=True, slots=True)
class Account:
    """A Plex account; `server_token` is None where nothing is shared with it.

    `is_pending` says that it has not accepted the share.
    """

    id: int
    name: str
    token: str
    server_token: str | None
    is_owner: bool = False
    is_pending: bool = False


@dataclass(slots=True)
class Code:
    """A PIN; `token` is set once somebody has confirmed it, and told a moment later."""

    id: int
    code: str
    client_id: str
    product: str
    created: float
    expires: float
    token: str | None = None
    told_from: float = 0.0


def user(one: Account, token: str) -> Json:
    return {
        "id": one.id,
        "uuid": sha256(one.name.encode()).hexdigest()[:16],
        "username": one.name,
        "title": one.name,
        "email": f"{one.name}@example.org",
        "friendlyName": "",
        "locale": None,
        "confirmed": True,
        "joinedAt": 1_500_000_000,
        "emailOnlyAuth": False,
        "hasPassword": True,
        "protected": False,
        "thumb": f"https://plex.tv/users/{one.id}/avatar",
        "authToken": token,
        "mailingListStatus": "inactive",
        "mailingListActive": False,
        "scrobbleTypes": "",
        "country": "NL",
        "subscription": _subscription(is_active=one.is_owner),
        "subscriptionDescription": None,
        "restricted": False,
        "home": True,
        "guest": False,
        "homeSize": 3,
        "homeAdmin": one.is_owner,
        "maxHomeSize": 15,
        "rememberExpiresAt": None,
        "profile": dict(_PROFILE),
        "entitlements": [],
        "roles": ["plexpass"] if one.is_owner else [],
        "services": [],
        "adsConsent": None,
        "experimentalFeatures": False,
        "twoFactorEnabled": False,
        "backupCodesCreated": False,
    }


def server(one: Account, name: str, machine_id: str, owner: Account, url: str) -> Json:
    """The household's server as one account sees it."""
    return {
        "name": name,
        "product": "Plex Media Server",
        "productVersion": "1.43.3.10828-00f62d37d",
        "platform": "Linux",
        "platformVersion": "6.12",
        "device": "PC",
        "clientIdentifier": machine_id,
        "createdAt": "2020-01-01T00:00:00Z",
        "lastSeenAt": "2026-11-01T00:00:00Z",
        "provides": "server",
        "ownerId": None if one.is_owner else owner.id,
        "sourceTitle": None if one.is_owner else owner.name,
        "publicAddress": "192.0.2.7",
        "accessToken": one.server_token,
        "owned": one.is_owner,
        "home": False,
        "synced": False,
        "relay": True,
        "presence": True,
        "httpsRequired": False,
        "publicAddressMatches": True,
        "dnsRebindingProtection": False,
        "natLoopbackSupported": True,
        "connections": [_connection(url)],
    }


def player(one: Account) -> Json:
    """Another device of the same account, which is no server."""
    return {
        "name": "Living room",
        "product": "Plex for LG",
        "productVersion": "5.80",
        "platform": "webOS",
        "device": "LG television",
        "clientIdentifier": f"television-{one.id}",
        "createdAt": "2021-01-01T00:00:00Z",
        "lastSeenAt": "2026-11-01T00:00:00Z",
        "provides": "client,player,pubsub-player",
        "owned": True,
        "home": False,
        "synced": False,
        "relay": False,
        "presence": False,
        "connections": [],
    }


def pin(one: Code, now: float) -> Json:
    return {
        "id": one.id,
        "code": one.code,
        "product": one.product,
        "trusted": False,
        "qr": f"https://plex.tv/api/v2/pins/qr/{one.code}",
        "clientIdentifier": one.client_id,
        "location": {
            "code": "NL",
            "european_union_member": True,
            "continent_code": "EU",
            "country": "Netherlands",
            "city": "Utrecht",
            "time_zone": "Europe/Amsterdam",
            "postal_code": "3500",
            "in_privacy_restricted_country": True,
            "in_privacy_restricted_region": False,
            "subdivisions": "Utrecht",
            "coordinates": "52.09, 5.12",
        },
        "expiresIn": max(0, round(one.expires - now)),
        "createdAt": _stamp(one.created),
        "expiresAt": _stamp(one.expires),
        "authToken": one.token if one.told_from <= now else None,
        "newRegistration": None,
    }


def friends(accounts: Collection[Account], machine_id: str, name: str) -> web.Response:
    """The accounts a server is shared with, in the XML of the first API."""
    count = str(len(accounts))
    about = {
        "friendlyName": "myPlex",
        "identifier": "com.plexapp.plugins.myplex",
        "machineIdentifier": machine_id,
        "totalSize": count,
        "size": count,
    }
    root = Element("MediaContainer", about)
    for one in accounts:
        about = {
            "id": str(one.id),
            "title": one.name,
            "username": one.name,
            "email": f"{one.name}@example.org",
            "thumb": f"https://plex.tv/users/{one.id}/avatar",
            "home": "0",
            "restricted": "0",
        }
        shared = {
            "id": str(one.id * 10),
            "serverId": "1",
            "machineIdentifier": machine_id,
            "name": name,
            "lastSeenAt": "1750000000",
            "numLibraries": "3",
            "allLibraries": "1",
            "owned": "0",
            "pending": str(int(one.is_pending)),
        }
        SubElement(SubElement(root, "User", about), "Server", shared)
    return web.Response(body=tostring(root, "utf-8"), headers=_HEADERS)


def answer(
    request: web.Request, tag: str, body: Json | list[Json], status: int = 200
) -> web.Response:
    """As JSON where it was asked for, by header or by ending; else as XML."""
    if wants_json(request) or request.path.endswith(".json"):
        return as_json(body, status)
    root = Element(tag)
    _fill(root, body)
    return web.Response(body=tostring(root, "utf-8"), status=status, headers=_HEADERS)


def no(request: web.Request, status: int, code: int, message: str) -> web.Response:
    error = {"code": code, "message": message, "status": status}
    if wants_json(request) or request.path.endswith(".json"):
        return as_json({"errors": [error]}, status)
    return answer(request, "errors", [error], status)


def gone() -> web.Response:
    words = "This endpoint was deprecated and removed"
    root = Element("Response", {"code": "410", "status": words})
    return web.Response(body=tostring(root, "utf-8"), status=410, headers=_HEADERS)


def _fill(element: Element, body: Json | list[Any]) -> None:
    """Scalars are attributes; a list is one element that holds its rows."""
    if isinstance(body, list):
        for one in body:
            row = one if isinstance(one, dict) else {"id": one}
            _fill(SubElement(element, _single(element.tag)), row)
        return
    for name, value in body.items():
        if isinstance(value, (dict, list)):
            _fill(SubElement(element, name), value)
        elif value is not None:
            element.set(
                name, str(int(value)) if isinstance(value, bool) else str(value)
            )


def _single(tag: str) -> str:
    return tag[:-3] + "y" if tag.endswith("ies") else tag.removesuffix("s")


def _subscription(*, is_active: bool) -> Json:
    return {
        "active": is_active,
        "subscribedAt": None,
        "status": "Active" if is_active else "Inactive",
        "paymentService": None,
        "plan": "lifetime" if is_active else None,
        "features": ["webhooks", "session_kick"] if is_active else [],
    }


def _connection(url: str) -> Json:
    host, _, port = url.partition("://")[2].partition(":")
    return {
        "protocol": "http",
        "address": host,
        "port": int(port or 32400),
        "uri": url,
        "local": True,
        "relay": False,
        "IPv6": False,
    }


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
