"""One call to the Seerr stand-in, as its routes see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medianest_bot.demo import _seerr_rules as rules
from medianest_bot.demo._seerr_state import Account, Books


@dataclass(frozen=True, slots=True)
class Call:
    """One call: who acts, the checked query, the parts of the path, the body."""

    who: Account
    query: Mapping[str, str]
    match: Mapping[str, str]
    body: Any

    @property
    def id(self) -> int:
        return int(self.match["id"])

    def number(self, name: str, otherwise: int) -> int:
        return int(self.query.get(name, otherwise))


def named_account(books: Books, call: Call) -> Account:
    """The account whose id stands in the path."""
    if call.id not in books.accounts:
        raise rules.no(404, "User not found.")
    return books.accounts[call.id]
