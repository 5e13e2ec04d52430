"""Whatever people, browsers, Plex, admins, crashes and clocks do: no wrong link.

The world may change only where this file, which knows nothing of the rules' code,
has seen all that is needed: the account asked in its own chat, one browser went on
from that page and the same one came back, the account brought the digits which that
browser was shown, and an admin approved where one must.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.core.callers import ANA, EVE, MUM, ZOE, Asker, Tab
from tests.core.gate import FREE, Gate, opened
from tests.unhurried import Unhurried

from medianest_bot.core._link_types import Page, State
from medianest_bot.core.approvals import Verdict
from medianest_bot.core.roles import Role
from medianest_bot.core.store import entrances, people
from medianest_bot.core.store import link_attempts as rows
from medianest_bot.core.words import Sorry

FAY = Asker("fay", shown_name="Fay")
ZOE_TOO = replace(ZOE, platform="telegram", account="77")
ASKERS = (EVE, FAY, ANA, ZOE, ZOE_TOO, MUM)
PLEX = {"mum": 1001, "ana.maple": 1002, "tim.maple": 1003, "stranger": 9001, **FREE}
PLEX_NAMES = (*FREE, *FREE, *sorted(PLEX))
EXAMPLES = 40
OFTEN = 8
UNSETTLED = {State.OPEN, State.AT_PLEX, State.CODE}
ANY = st.integers(0, 11)
WHO, WHICH = st.sampled_from(ASKERS), st.sampled_from(PLEX_NAMES)

World = tuple[dict[tuple[str, str], int], dict[int, tuple[Role, int | None]]]
"""Whose each account is; everybody's role and Plex account."""


@dataclass
class Seen:
    """What was seen of one sign-in."""

    number: int
    asked: Asker
    link: str
    went_on: Tab | None = None
    cookie: str | None = None
    way_back: str = ""
    code: str = ""
    consent: str | None = None
    """Who confirmed it at Plex."""
    digits: str = ""
    """What the browser that went on and came back was shown."""
    is_confirmed: bool = False


class Machine(RuleBasedStateMachine):
    def __init__(self, template: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=Unhurried)
        self.stack = AsyncExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        database = folder / "medianest.sqlite"
        shutil.copyfile(template, database)
        self.gate: Gate = self.run(self.stack.enter_async_context(opened(database)))
        self.run(self._move_in())
        self.tabs = [self.gate.tab() for _one in range(3)]
        self.seen: list[Seen] = []
        self.expected: dict[tuple[str, str], str] = {}
        self.world = self.run(self._world())

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    def teardown(self) -> None:
        self.gate.plex_tv.knobs.reset()
        self.gate.clock.move(minutes=11)
        now = self.gate.clock.elsewhere()
        # What Plex tells nobody any more is in nobody's hands either.
        told = {one.token for one in self.gate.plex_tv.pins if one.expires > now}
        try:
            assert told & set(self.run(self.gate.tokens_left())) == set()
        finally:
            self.run(self.stack.aclose())
            self.runner.close()

    @rule(who=WHO)
    def begins(self, who: Asker) -> None:
        with suppress(Sorry):
            link = self.run(self.gate.begins(who))
            number = self.run(self.gate.latest(who)).id
            if number not in [one.number for one in self.seen]:
                self.seen.append(Seen(number, who, link))

    @initialize(who=WHO, name=WHICH, steps=ANY, also=WHO, named=WHICH)
    def have_gone_the_way(
        self, who: Asker, name: str, steps: int, also: Asker, named: str
    ) -> None:
        self.goes_the_way(who, name, steps)
        self.goes_the_way(also, named, 3)

    @rule(who=WHO, name=WHICH, steps=ANY)
    def goes_the_way(self, who: Asker, name: str, steps: int) -> None:
        """As it is meant, from the beginning to some step of it."""
        before = len(self.seen)
        self.begins(who)
        if len(self.seen) == before:
            return
        one, tab = self.seen[-1], self.tabs[before % 3]
        # Now and then somebody else's browser comes back.
        other = self.tabs[(before + 1) % 3] if steps > OFTEN else tab
        way: tuple[Callable[[], None], ...] = (
            lambda: self._goes_on(one, tab),
            lambda: self._consents(one, name),
            lambda: self._back(one, other),
            lambda: self._brings(one, who),
            lambda: self._decides(one, "mum", Verdict.APPROVE, None),
        )
        for step in way[: steps + 1]:
            step()

    @precondition(lambda self: self.seen)
    @rule(which=ANY, browser=ANY)
    def goes_on(self, which: int, browser: int) -> None:
        self._goes_on(self._of(which), self.tabs[browser % 3])

    def _goes_on(self, one: Seen, tab: Tab) -> None:
        code = self.run(tab.goes_on(one.link))
        if not isinstance(code, Page):
            assert one.went_on in (None, tab), "two browsers went on"
            one.went_on, one.cookie, one.code = tab, tab.cookie, code
            one.way_back = tab.way_back

    @precondition(lambda self: any(one.code and not one.consent for one in self.seen))
    @rule(which=ANY, name=WHICH)
    def confirms_at_plex(self, which: int, name: str) -> None:
        free = [one for one in self.seen if one.code and not one.consent]
        self._consents(free[which % len(free)], name)

    def _consents(self, one: Seen, name: str) -> None:
        if one.code and not one.consent:
            one.consent = name
            self.gate.plex_tv.claim(one.code, name)

    @precondition(lambda self: any(one.code for one in self.seen))
    @rule(which=ANY, browser=ANY)
    def comes_back(self, which: int, browser: int) -> None:
        went = [one for one in self.seen if one.code]
        one = went[which % len(went)]
        # Mostly the browser that went there.
        tab = self.tabs[browser % 3] if browser > OFTEN else one.went_on
        assert tab is not None
        self._back(one, tab)

    def _back(self, one: Seen, tab: Tab) -> None:
        if not one.way_back:
            return
        visit = self.run(tab.comes_back(one.way_back))
        if visit.code:
            assert tab == one.went_on, "the code was shown elsewhere"
            assert tab.cookie == one.cookie
            assert one.consent == visit.plex_name
            one.digits = visit.code

    @precondition(lambda self: self.seen)
    @rule(which=ANY, browser=ANY)
    def looks(self, which: int, browser: int) -> None:
        one, tab = self._of(which), self.tabs[browser % 3]
        visit = self.run(tab.looks(one.link))
        assert not visit.code or (tab.cookie, visit.code) == (one.cookie, one.digits)

    @precondition(lambda self: self.seen)
    @rule(which=ANY)
    def says_not_me(self, which: int) -> None:
        self.run(self.tabs[0].not_me(self._of(which).link))

    @precondition(lambda self: any(one.digits for one in self.seen))
    @rule(which=ANY, who=st.sampled_from((None, None, None, *ASKERS)))
    def brings_digits(self, which: int, who: Asker | None) -> None:
        shown = [one for one in self.seen if one.digits]
        one = shown[which % len(shown)]
        self._brings(one, who or one.asked)

    def _brings(self, one: Seen, asked: Asker) -> None:
        if not one.digits:
            return
        is_own = asked == one.asked
        needs = self._needs_approval(one)
        before = self.run(self.gate.latest(asked)) if is_own else None
        with suppress(Sorry):
            attempt = self.run(self.gate.linking.enter(asked, one.digits))
            assert is_own, "another account's digits were taken"
            assert attempt.id == one.number
            one.is_confirmed = True
            if before is not None and before.state is State.CODE:
                assert (attempt.state is State.WAITING) == needs
            if attempt.state is State.DONE and not needs:
                self._linked(one, attempt.person_id)

    @precondition(lambda self: self.seen)
    @rule(which=ANY)
    def guesses(self, which: int) -> None:
        one = self._of(which)
        wrong = f"{(int(one.digits or 0) + 1) % 10**6:06}"
        with pytest.raises(Sorry):
            self.run(self.gate.linking.enter(one.asked, wrong))

    @rule(who=WHO)
    def cancels(self, who: Asker) -> None:
        self.run(self.gate.linking.cancel(who))

    @precondition(lambda self: any(one.is_confirmed for one in self.seen))
    @rule(which=ANY, by=st.sampled_from(("mum", "mum", "ana")))
    def approves(self, which: int, by: str) -> None:
        one = self._confirmed(which)
        self._decides(one, by, Verdict.APPROVE, None)

    @precondition(lambda self: any(one.is_confirmed for one in self.seen))
    @rule(which=ANY, who=st.sampled_from(("mum", "mum", "tim")))
    def says_it_is(self, which: int, who: str) -> None:
        number = self.run(self.gate.person(who)).id
        waiting = {one.id for one in self.run(self.gate.approvals.waiting())}
        found = [one for one in self.seen if one.number in waiting]
        one = found[which % len(found)] if found else self._confirmed(which)
        self._decides(one, "mum", Verdict.SAME, number)

    @precondition(lambda self: self.seen)
    @rule(which=ANY)
    def approves_too_early(self, which: int) -> None:
        one = self._of(which)
        if not one.is_confirmed:
            self._decides(one, "mum", Verdict.APPROVE, None)

    @precondition(lambda self: any(one.is_confirmed for one in self.seen))
    @rule(which=ANY)
    def denies(self, which: int) -> None:
        self._decides(self._confirmed(which), "mum", Verdict.DENY, None)

    @rule(who=WHO, name=st.sampled_from(sorted(FREE)))
    def expects(self, who: Asker, name: str) -> None:
        account = who.platform, who.account
        self.expected[account] = name
        self.run(self._expect(":".join(account), name))

    @rule()
    def restarts(self) -> None:
        self.run(self.gate.restart())

    @rule()
    def looks_after(self) -> None:
        self.run(self.gate.watch.look())

    @rule(minutes=st.sampled_from((-600, -3, 1, 4, 4, 16, 60 * 24 * 8)))
    def time_passes(self, minutes: int) -> None:
        self.gate.clock.move(minutes=minutes)

    @rule(path=st.sampled_from(("/api/v2/pins", "/api/v2/user", "/api/v2/users/sign")))
    def plex_breaks(self, path: str) -> None:
        self.gate.plex_tv.knobs.only = path
        self.gate.plex_tv.knobs.fail_status = 500

    @rule()
    def plex_works(self) -> None:
        self.gate.plex_tv.knobs.reset()
        self.gate.clock.move(seconds=31)

    @invariant()
    def nothing_else_has_changed(self) -> None:
        assert self.run(self._world()) == self.world

    @invariant()
    def one_sign_in_is_under_way_for_each(self) -> None:
        under_way = self.run(self._under_way())
        assert len(under_way) == len(set(under_way))

    def _decides(self, one: Seen, by: str, verdict: Verdict, who: int | None) -> None:
        owners, everybody = self.world
        admin = self.run(self.gate.person(by))
        was = self.run(self.gate.approvals.get(one.number))
        with suppress(Sorry):
            told = (admin, one.number, verdict, "", who)
            attempt = self.run(self.gate.approvals.decide(*told))
            assert everybody[admin.id][0] is Role.ADMIN
            is_new = was.state is State.WAITING and attempt.state is State.DONE
            if is_new:
                assert one.is_confirmed
                assert verdict in (Verdict.APPROVE, Verdict.SAME)
                assert who in (None, attempt.person_id)
                owner = owners.get((one.asked.platform, one.asked.account))
                is_admins = owner is None and attempt.person_id == admin.id
                assert not is_admins, "signing in gave an admin's rights"
                self._linked(one, attempt.person_id)

    def _linked(self, one: Seen, person_id: int) -> None:
        """All was seen that is needed, so the world may have changed like this."""
        assert one.is_confirmed
        assert one.digits
        assert one.consent is not None
        owners, everybody = self.world
        account = one.asked.platform, one.asked.account
        assert owners.get(account, person_id) == person_id
        # Who was expected has come, and is expected no more.
        self.expected.pop(account, None)
        role, _plex = everybody.get(person_id, (Role.MEMBER, None))
        self.world = (
            {**owners, account: person_id},
            {**everybody, person_id: (role, PLEX[one.consent])},
        )

    def _needs_approval(self, one: Seen) -> bool:
        owners, everybody = self.world
        account = one.asked.platform, one.asked.account
        number = PLEX[one.consent or ""]
        person = owners.get(account)
        role, plex = everybody.get(person or 0, (Role.GUEST, None))
        if plex == number or role is Role.ADMIN:
            return False
        is_somebodys = number in [plex for _role, plex in everybody.values()]
        return is_somebodys or self.expected.get(account) != one.consent

    def _of(self, which: int) -> Seen:
        """Mostly one of the latest."""
        return self.seen[-1 - which % min(3, len(self.seen))]

    def _confirmed(self, which: int) -> Seen:
        found = [one for one in self.seen if one.is_confirmed]
        return found[-1 - which % min(2, len(found))]

    async def _move_in(self) -> None:
        zoe = await self.gate.person("zoe")
        async with self.gate.store.begin() as tx:
            told = (ZOE_TOO.platform, ZOE_TOO.account, "Zoe", self.gate.clock())
            await people.link(tx, zoe.id, *told)

    async def _expect(self, who: str, plex: str) -> None:
        async with self.gate.store.begin() as tx:
            await entrances.expect(tx, who, plex, 1, self.gate.clock())

    async def _world(self) -> World:
        async with self.gate.store.read() as db:
            accounts = await people.by_accounts(db)
            everybody = await people.everyone(db)
        owners = {account: person.id for account, person in accounts.items()}
        return owners, {one.id: (one.role, one.plex_id) for one in everybody}

    async def _under_way(self) -> list[tuple[str, str]]:
        async with self.gate.store.read() as db:
            found = await rows.in_states(db, UNSETTLED)
        return [(one.platform, one.account) for one in found]


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_no_order_of_events_makes_a_wrong_link(database_template: Path) -> None:
    run_state_machine_as_test(
        lambda: Machine(database_template),  # type: ignore[arg-type]
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            # To find the shortest of many bad ways takes many minutes.
            phases=[Phase.generate],
        ),
    )
