"""The Seerr stand-in about requests, route by route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medianest_bot.demo import _seerr_checks as checks
from medianest_bot.demo import _seerr_rules as rules
from medianest_bot.demo._seerr_call import Call, named_account
from medianest_bot.demo._seerr_shapes import Shapes
from medianest_bot.demo._seerr_state import (
    APPROVED,
    ASKED,
    AVAILABLE,
    COMPLETED,
    DECLINED,
    DELETED,
    FAILED,
    PARTLY,
    PENDING,
    PROCESSING,
    UNKNOWN,
    Account,
    Asked,
    Books,
    Media,
)

_UNDER_WAY = (UNKNOWN, PENDING, PROCESSING, PARTLY)
_FILTERS: dict[str, tuple[tuple[int, ...], tuple[int, ...] | None]] = {
    "all": ((ASKED, APPROVED, DECLINED, FAILED, COMPLETED), None),
    "approved": ((APPROVED,), None),
    "pending": ((ASKED,), None),
    "processing": ((APPROVED,), _UNDER_WAY),
    "unavailable": ((ASKED, APPROVED), _UNDER_WAY),
    "failed": ((FAILED,), None),
    "available": ((APPROVED, COMPLETED), (AVAILABLE,)),
    "completed": ((COMPLETED,), None),
    "deleted": ((APPROVED, COMPLETED), (DELETED,)),
}
_MEDIA_STATES = {
    "unknown": UNKNOWN,
    "pending": PENDING,
    "processing": PROCESSING,
    "partial": PARTLY,
    "available": AVAILABLE,
}


class RequestDesk:
    """Answers and changes. A method returns the JSON, or None for 204."""

    def __init__(self, books: Books, arrive: Callable[[Media], None]) -> None:
        self.books = books
        self.shapes = Shapes(books)
        self._arrive = arrive

    async def requests(self, call: Call) -> Any:
        by = call.query.get("requestedBy")
        if not _sees_all(call.who):
            if by is not None and int(by) != call.who.id:
                raise _not_theirs()
            by = str(call.who.id)
        manages = rules.may(call.who, rules.MANAGE_REQUESTS)
        page = self._page(call, int(by) if by is not None else None, manages=manages)
        if self.books.is_seerr:
            page["serviceErrors"] = {"radarr": [], "sonarr": []}
        return page

    async def user_requests(self, call: Call) -> Any:
        account = named_account(self.books, call)
        if account is not call.who and not _sees_all(call.who):
            raise _not_theirs()
        return self._page(call, account.id)

    async def count(self, _call: Call) -> Any:
        everything = list(self.books.asked.values())
        states = [one.status for one in everything]
        approved = [one.media.status for one in everything if one.status == APPROVED]
        completed = {"completed": states.count(COMPLETED)}
        return {
            "total": len(everything),
            "movie": sum(one.kind == "movie" for one in everything),
            "tv": sum(one.kind == "tv" for one in everything),
            "pending": states.count(ASKED),
            "approved": states.count(APPROVED),
            "declined": states.count(DECLINED),
            "processing": approved.count(PROCESSING),
            "available": approved.count(AVAILABLE),
            **(completed if self.books.is_seerr else {}),
        }

    async def ask(self, call: Call) -> Any:
        what = rules.wish(checks.request_body(call.body))
        one = await rules.request(self.books, call.who, what)
        shape = self.shapes.new_request(one)
        rules.hand_on(one)  # after the answer was written, as in the original
        return shape

    async def request(self, call: Call) -> Any:
        one = self._asked(call)
        if one.by is not call.who and not _sees_all(call.who):
            raise rules.no(403, "You do not have permission to view this request.")
        return self.shapes.request(one)

    async def decide(self, call: Call) -> Any:
        verdict = checks.verdict(call.match["verdict"])
        self._need_manager(call)
        one = self._asked(call)
        if verdict == "decline":
            rules.decline(self.books, one, call.who)
        elif one.status != APPROVED:
            self.books.move(one, APPROVED, call.who)
        shape = self.shapes.request(one)
        rules.hand_on(one)
        return shape

    async def retry(self, call: Call) -> Any:
        self._need_manager(call)
        one = self._asked(call)
        self.books.move(one, APPROVED, call.who)
        rules.hand_on(one)
        return self.shapes.request(one)

    async def delete(self, call: Call) -> Any:
        """Anybody may delete anybody's pending request: a slip of both products."""
        one = self._asked(call)
        owner = one.by is call.who or rules.may(call.who, rules.MANAGE_REQUESTS)
        if not owner and one.status != ASKED:
            raise rules.no(401, "You do not have permission to delete this request.")
        rules.remove(self.books, one)

    async def mark_media(self, call: Call) -> Any:
        self._need_manager(call)
        media = next((m for m in self.books.media.values() if m.id == call.id), None)
        if media is None:
            raise rules.no(404, "Media does not exist.")
        state = call.match["state"]
        if state == "available":
            self._arrive(media)
        elif state in _MEDIA_STATES:
            media.status = _MEDIA_STATES[state]
        return self.shapes.media_with_seasons(media)

    def _page(
        self, call: Call, by: int | None, *, manages: bool = False
    ) -> dict[str, Any]:
        states, media_states = _FILTERS[call.query.get("filter", "all")]
        found = [
            one
            for one in self.books.asked.values()
            if one.status in states
            and (media_states is None or one.media.status in media_states)
            and (by is None or one.by.id == by)
            and call.query.get("mediaType", "all") in ("all", one.kind)
        ]
        is_changed = call.query.get("sort") == "modified"
        found.sort(
            key=lambda one: (one.updated if is_changed else one.created, one.id),
            reverse=call.query.get("sortDirection", "desc") == "desc",
        )
        take, skip = call.number("take", 10) or 10, call.number("skip", 0)
        part = found[skip : skip + take]
        rows = [self.shapes.listed_request(one, for_manager=manages) for one in part]
        return self.shapes.page(rows, len(found), take, skip)

    def _asked(self, call: Call) -> Asked:
        if call.id not in self.books.asked:
            raise rules.no(404, "Request not found.")
        return self.books.asked[call.id]

    def _need_manager(self, call: Call) -> None:
        if not rules.may(call.who, rules.MANAGE_REQUESTS):
            raise rules.guard()


def _sees_all(who: Account) -> bool:
    return rules.may(who, rules.MANAGE_REQUESTS, rules.REQUEST_VIEW)


def _not_theirs() -> rules.No:
    return rules.no(403, "You do not have permission to view this user's requests.")
