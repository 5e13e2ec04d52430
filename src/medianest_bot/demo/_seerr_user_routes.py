"""The Seerr stand-in about its users, route by route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from medianest_bot.demo import _seerr_rules as rules
from medianest_bot.demo import _seerr_settings as settings
from medianest_bot.demo._seerr_call import Call, named_account
from medianest_bot.demo._seerr_shapes import Shapes
from medianest_bot.demo._seerr_state import Account, Books

PlexAccounts = Callable[[], Iterable[tuple[int, str]]]
"""The numbers and names of whom the Plex server is shared with at that moment."""
_WORDS = "You do not have permission to view this user's settings."


class UserDesk:
    """Answers about users, makes them of Plex accounts, keeps where they are told."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.shapes = Shapes(books)
        self.plex_accounts: PlexAccounts = lambda: _of_household(books)

    async def users(self, call: Call) -> Any:
        everybody = list(self.books.accounts.values())
        take, skip = call.number("take", 10) or 10, call.number("skip", 0)
        rows = [
            self.shapes.account(one, private=rules.may(call.who, rules.MANAGE_USERS))
            for one in everybody[skip : skip + take]
        ]
        return self.shapes.page(rows, len(everybody), take, skip)

    async def user(self, call: Call) -> Any:
        account = named_account(self.books, call)
        private = account is call.who or rules.may(call.who, rules.MANAGE_USERS)
        is_shown = private or not self.books.is_seerr
        return self.shapes.account(account, private=private, settings=is_shown)

    async def quota(self, call: Call) -> Any:
        account = named_account(self.books, call)
        managers = (rules.MANAGE_USERS, rules.MANAGE_REQUESTS)
        if account is not call.who and not all(
            rules.may(call.who, bit) for bit in managers
        ):
            words = "You do not have permission to view this user's request limits."
            raise rules.no(403, words)
        return {
            kind: rules.quota(self.books, account, kind) for kind in ("movie", "tv")
        }

    async def import_from_plex(self, call: Call) -> Any:
        """Answers with those that are new, without mail and Plex id."""
        if not rules.may(call.who, rules.MANAGE_USERS):
            raise rules.guard()
        wanted = (call.body or {}).get("plexIds")
        known = {one.plex_id for one in self.books.accounts.values()}
        new = [
            self.books.join(name, plex_id)
            for plex_id, name in self.plex_accounts()
            if plex_id not in known and (wanted is None or str(plex_id) in wanted)
        ]
        return [self.shapes.new_account(one) for one in new]

    async def notifications(self, call: Call) -> Any:
        return settings.told(self.books, self._of(call))

    async def set_notifications(self, call: Call) -> Any:
        return settings.take(self.books, self._of(call), call.body or {})

    def _of(self, call: Call) -> Account:
        account = named_account(self.books, call)
        if account is not call.who and not rules.may(call.who, rules.MANAGE_USERS):
            raise rules.no(403, _WORDS)
        return account


def _of_household(books: Books) -> list[tuple[int, str]]:
    return [
        (one.plex_id, one.plex_name or one.name)
        for one in books.household.people
        if one.plex_id is not None
    ]
