"""What the sign-in pages say: where a sign-in is, told to one browser."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping

from medianest_bot.core import _link_rules as rules
from medianest_bot.core._link_ground import Ground
from medianest_bot.core._link_types import Attempt, Page, State, Visit
from medianest_bot.core.store import people

_PAGES: Mapping[State, Page] = {
    State.OPEN: Page.START,
    State.TYPING: Page.EXPIRED,
    State.AT_PLEX: Page.USED,
    State.CODE: Page.USED,
    State.WAITING: Page.WAITING,
    State.DONE: Page.DONE,
    State.CANCELLED: Page.CANCELLED,
    State.EXPIRED: Page.EXPIRED,
    State.REPLACED: Page.EXPIRED,
    State.NO_ACCESS: Page.NO_ACCESS,
    State.FOREIGN: Page.FOREIGN,
    State.WRONG_CODE: Page.WRONG_CODE,
    State.DENIED: Page.DENIED,
    State.BLOCKED: Page.DENIED,
    State.FAILED: Page.FAILED,
}
"""What a browser is shown that is not known to be the bound one."""


class Pages:
    """Draws visits. `ways_back` are addresses that open a chat with six digits."""

    def __init__(
        self,
        ground: Ground,
        household: Callable[[], Awaitable[str]],
        ways_back: Mapping[str, Callable[[str], str]],
    ) -> None:
        self._ground = ground
        self._household = household
        self._ways_back = ways_back

    async def shown(self, attempt: Attempt, *, is_bound: bool = False) -> Visit:
        page = _PAGES[attempt.state]
        if is_bound and attempt.state is State.CODE:
            return await self._with_code(attempt)
        known = attempt.plex_name or "" if is_bound else ""
        return await self.visit(page, attempt, plex_name=known)

    async def _with_code(self, attempt: Attempt) -> Visit:
        code = self._ground.secrets.code(attempt)
        way_back = self._ways_back.get(attempt.platform)
        async with self._ground.store.read() as db:
            person = await people.by_account(db, attempt.platform, attempt.account)
            approval = await rules.needs_approval(db, attempt, person)
        return await self.visit(
            Page.CODE,
            attempt,
            plex_name=attempt.plex_name or "",
            code=code,
            way_back=way_back(code) if way_back else "",
            needs_approval=approval,
        )

    async def visit(
        self, page: Page, attempt: Attempt | None = None, **more: str | bool
    ) -> Visit:
        household = await self._household()
        if attempt is None:
            return Visit(page, household)
        left = (attempt.expires_at - self._ground.now()).total_seconds()
        told: dict[str, object] = {
            "platform": attempt.platform,
            "shown_name": attempt.shown_name,
            "locale": attempt.locale,
            "minutes_left": max(1, math.ceil(left / 60)),
        }
        return Visit(page, household, **{**told, **more})  # type: ignore[arg-type]
