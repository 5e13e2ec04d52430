"""What the Seerr stand-in keeps of how a user wants to be told."""

from __future__ import annotations

from typing import Any

from medianest_bot.demo._seerr_state import Account, Books

_SERVER = {
    "emailEnabled": False,
    "discordEnabled": False,
    "discordEnabledTypes": 0,
    "telegramEnabled": False,
    "webPushEnabled": False,
}
_FIELDS = (
    "pgpKey",
    "discordId",
    "pushbulletAccessToken",
    "pushoverApplicationToken",
    "pushoverUserKey",
    "pushoverSound",
    "telegramChatId",
    "telegramMessageThreadId",
    "telegramSendSilently",
)
_ALL_MAIL = {"email": 8190, "webpush": 8190}
_SEVERAL_SINCE = (3, 3)


def told(books: Books, account: Account) -> dict[str, Any]:
    """As the notifications of a user are read."""
    if account.settings is None:
        return {**_SERVER, "notificationTypes": {}}
    return {**_SERVER, **_rows(books, account.settings)}


def within_user(books: Books, account: Account) -> dict[str, Any] | None:
    """As it stands in the user itself."""
    if account.settings is None:
        return None
    regions = ("discoverRegion", "streamingRegion") if books.is_seerr else ("region",)
    return {
        "id": account.id,
        "locale": "",
        **dict.fromkeys((*regions, "originalLanguage")),
        "watchlistSyncMovies": None,
        "watchlistSyncTv": None,
        **_rows(books, account.settings),
    }


def take(books: Books, account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """What is not sent stays, but for the list; the answer has only what was."""
    sent = {k: v for k, v in body.items() if k in _fields(books)}
    if "discordIds" in _fields(books):
        sent.setdefault("discordIds", [])
    before = account.settings or {}
    kinds = {
        **(_ALL_MAIL if account.settings else {}),
        **before.get("notificationTypes", {}),
        **body.get("notificationTypes", {}),
    }
    account.settings = {**before, **sent, "notificationTypes": kinds}
    return {**sent, "notificationTypes": kinds}


def _rows(books: Books, kept: dict[str, Any]) -> dict[str, Any]:
    kinds = {**_ALL_MAIL, **kept.get("notificationTypes", {})}
    rows = {name: kept.get(name) for name in _fields(books)}
    return {**rows, "notificationTypes": kinds}


def _fields(books: Books) -> tuple[str, ...]:
    """Overseerr knows no threads; Seerr 3.3 keeps several Discord ids."""
    if not books.is_seerr:
        return tuple(one for one in _FIELDS if one != "telegramMessageThreadId")
    version = tuple(int(part) for part in books.version.split(".")[:2])
    if version < _SEVERAL_SINCE:
        return _FIELDS
    return tuple("discordIds" if one == "discordId" else one for one in _FIELDS)
