from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import structlog
from tests.core.hall import NOON, Chat, Clock, Hall, card, delivering, open_hall, until
from tests.locks import locked

from medianest_bot.core.health import SUBJECT, Health, ServiceHealth, Up
from medianest_bot.core.outbox import Outbox
from medianest_bot.core.store import status
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.status import Hour
from medianest_bot.services.errors import Refused, Unreachable


@dataclass
class Neighbour:
    """Answers its probes as a test wishes: milliseconds, or an error."""

    answers: list[float | Exception] = field(default_factory=list)
    probed: int = 0

    async def probe(self) -> float:
        self.probed += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


DOWN = Unreachable("plex")


@pytest.fixture
async def hall(tmp_path: Path, database_template: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path, database_template) as opened:
        yield opened


def health_of(hall: Hall, *answers: float | Exception) -> Health:
    plex = Neighbour(list(answers))
    return Health(hall.store, hall.outbox, hall.clock, {"plex": plex.probe})


async def state_of(health: Health) -> ServiceHealth:
    standing = await health.standing(ask=False)
    assert (standing.kuma, standing.trouble) == (None, None)
    (one,) = standing.services
    return one


async def after(hall: Hall, health: Health, probes: int = 1) -> tuple[Up, object]:
    """The state after so many probes half a minute apart, and since when."""
    for _ in range(probes):
        hall.clock.forward(seconds=30)
        await health.check()
    one = await state_of(health)
    return one.state, one.since and (one.since - NOON).total_seconds()


async def test_what_was_never_probed_is_unknown(hall: Hall) -> None:
    assert await state_of(health_of(hall, 20)) == ServiceHealth(
        "plex", Up.UNKNOWN, None, None, None, None
    )


async def test_an_answer_is_up_and_a_late_one_slow(hall: Hall) -> None:
    health = health_of(hall, 20, 1600, 1400)
    assert await after(hall, health) == (Up.UP, 30)
    assert await after(hall, health) == (Up.SLOW, 60)
    assert await after(hall, health) == (Up.UP, 90)


async def test_one_failed_probe_is_not_down_but_two_are(hall: Hall) -> None:
    health = health_of(hall, 20, DOWN, 20, DOWN, DOWN, DOWN, 20)
    assert await after(hall, health) == (Up.UP, 30)
    assert await after(hall, health) == (Up.UP, 30)
    assert await after(hall, health) == (Up.UP, 30)
    assert await after(hall, health) == (Up.UP, 30)
    assert await after(hall, health) == (Up.DOWN, 150)
    assert await after(hall, health) == (Up.DOWN, 150)
    assert await after(hall, health) == (Up.UP, 210)


async def test_one_that_never_answered_is_down_after_two_probes(hall: Hall) -> None:
    health = health_of(hall, DOWN)
    assert (await after(hall, health))[0] is Up.UNKNOWN
    assert await after(hall, health) == (Up.DOWN, 60)


async def test_what_was_down_before_a_restart_is_down_since_then(hall: Hall) -> None:
    await after(hall, health_of(hall, DOWN), 2)
    assert await after(hall, health_of(hall, DOWN)) == (Up.DOWN, 60)


async def test_uptime_and_hours_are_counted(hall: Hall) -> None:
    health = health_of(hall, 20, DOWN, 40, 60)
    await after(hall, health, 4)
    one = await state_of(health)
    assert (one.uptime_day, one.uptime_month, one.response_ms) == (0.75, 0.75, 60)
    assert one.hours == (Hour(NOON, 4, 3, 120.0),)


async def test_a_refused_probe_is_written_down_as_such(hall: Hall) -> None:
    health = health_of(hall, Refused("plex", status=401))
    await after(hall, health, 2)
    async with hall.store.read() as db:
        known = await status.read(db)
    assert (known["plex"].state, known["plex"].reason) == ("down", "refused")


async def test_cards_are_redrawn_where_something_came_or_went(hall: Hall) -> None:
    chat = Chat()
    hall.outbox.attach(chat)
    health = health_of(hall, 20, 30, DOWN, DOWN, 40)
    hall.shelf.cards[SUBJECT] = "0"
    redrawn = {1: 1, 2: 1, 3: 1, 4: 2, 5: 3}
    async with delivering(hall):
        await hall.outbox.follow(card(SUBJECT), await hall.draw(f"show {SUBJECT}"))
        for number, times in redrawn.items():
            hall.shelf.cards[SUBJECT] = str(number)
            await health.check()
            await chat.until(partial(_edited, chat, times))
            await asyncio.sleep(0.05)
    assert [text for _message, text in chat.edited] == ["1", "4", "5"]


def _edited(chat: Chat, times: int) -> bool:
    return len(chat.edited) >= times


async def test_a_service_that_is_no_longer_set_up_stays_quiet(hall: Hall) -> None:
    await health_of(hall, 20).check()
    quiet = Outbox(hall.store, hall.clock)
    seerr = Neighbour([20])
    health = Health(hall.store, quiet, hall.clock, {"seerr": seerr.probe})
    await health.check()
    quiet._dirty.clear()
    await health.check()
    assert quiet._dirty == set()
    assert [one.service for one in (await health.standing(ask=False)).services] == [
        "seerr"
    ]


async def test_a_locked_store_does_not_end_the_watch(
    hall: Hall, tmp_path: Path
) -> None:
    neighbour = Neighbour([20])
    health = Health(
        hall.store,
        hall.outbox,
        hall.clock,
        {"plex": neighbour.probe},
        wait=lambda _seconds: asyncio.sleep(0.01),
    )

    async def is_probed_again() -> bool:
        return neighbour.probed >= 2

    async with locked(tmp_path / "hall.sqlite"):
        with structlog.testing.capture_logs() as logged:
            watch = asyncio.create_task(health.run())
            await until(is_probed_again)
    assert [one["event"] for one in logged][:1] == ["health check"]

    async def is_up() -> bool:
        return (await state_of(health)).state is Up.UP

    await until(is_up)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


async def test_old_hours_are_not_counted(store: Store) -> None:
    clock = Clock()
    plex = Neighbour([20.0])
    health = Health(store, Outbox(store, clock), clock, {"plex": plex.probe})
    async with store.begin() as tx:
        await status.add_check(tx, "plex", NOON - timedelta(days=2), False, 0)
    await health.check()
    one = await state_of(health)
    assert (one.uptime_day, one.uptime_month) == (1.0, 0.5)
