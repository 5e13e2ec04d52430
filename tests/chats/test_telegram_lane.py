"""The lane in simulated time: nothing sleeps, and every run is the same."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from medianest_bot.chats._telegram_lane import (
    MOST_SILENCES,
    Lane,
    PerhapsSent,
    Rank,
    is_unsent,
    seconds,
)

T = TypeVar("T")

KEY = ConnectionKey("127.0.0.1", 1, False, True, None, None, None)
REPLY, NEWS, PROGRESS = Rank


class Simulated(asyncio.SelectorEventLoop):
    """A loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(Patient(self))

    def time(self) -> float:
        return self.now


class Patient(selectors.DefaultSelector):
    def __init__(self, loop: Simulated) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everybody waits for ever"
        self._loop.now += timeout
        return super().select(0)


def simulate(story: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=Simulated) as runner:
        return runner.run(story)


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def _timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@dataclass
class Telegram:
    """Counts calls as they arrive and refuses the 31st within a second."""

    way_s: Callable[[], float] = lambda: 0.0
    arrived: list[tuple[float, str, str]] = field(default_factory=list)
    refused: int = 0

    def call(self, chat: str, text: str = "") -> Callable[[], Awaitable[str]]:
        async def there() -> str:
            await asyncio.sleep(self.way_s())
            recent = [at for at, _, _ in self.arrived[-30:] if at > now() - 1]
            if len(recent) == 30:
                self.refused += 1
                raise RetryAfter(5)
            self.arrived.append((now(), chat, text))
            return text

        return there


@dataclass
class Post:
    """A lane and what left it: when, to whom, what."""

    lane: Lane
    began: float
    left: list[tuple[float, str, str]] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def send(self, chat: str, rank: Rank, text: str = "") -> asyncio.Task[None]:
        async def call() -> None:
            self.left.append((round(now() - self.began, 3), chat, text))

        return self.start(chat, rank, call)

    def start(
        self, chat: str, rank: Rank, call: Callable[[], Awaitable[T]]
    ) -> asyncio.Task[T]:
        task = asyncio.create_task(self.lane.send(chat, rank, call))
        self.tasks.append(task)
        return task

    async def all(self) -> list[tuple[float, str, str]]:
        await asyncio.gather(*self.tasks)
        return self.left

    def texts(self, chat: str) -> str:
        return "".join(text for _, to, text in self.left if to == chat)


def post() -> Post:
    return Post(Lane(clock=now), now())


async def answers(*errors: Exception | None) -> tuple[list[float], object]:
    """When a reply was tried that failed so, and what became of it."""
    box, rest, tried = post(), iter(errors), []

    async def call() -> str:
        tried.append(round(now() - box.began, 2))
        error = next(rest, None)
        if error is not None:
            raise error
        return "done"

    task = box.start("7", REPLY, call)
    await asyncio.wait({task})
    return tried, task.exception() or task.result()


def caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


def test_twenty_replies_at_once_leave_at_once() -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = post()
        for number in range(20):
            box.send(str(number), REPLY)
        return await box.all()

    assert simulate(story()) == [(0, str(number), "") for number in range(20)]


def test_a_private_chat_gets_a_burst_and_then_one_a_second() -> None:
    async def story() -> list[float]:
        box = post()
        for _ in range(8):
            box.send("7", REPLY)
        return [at for at, _, _ in await box.all()]

    assert simulate(story()) == [0, 0, 0, 0, 0, 1, 2, 3]


def test_a_group_gets_twenty_a_minute() -> None:
    async def story() -> Counter[float]:
        box = post()
        for _ in range(45):
            box.send("-100", REPLY)
        return Counter(at for at, _, _ in await box.all())

    assert simulate(story()) == {0: 20, 60.5: 20, 121: 5}


def test_progress_and_news_leave_places_in_a_group() -> None:
    async def story() -> str:
        box = post()
        for _ in range(20):
            box.send("-100", PROGRESS, "p")
            box.send("-100", NEWS, "n")
        await asyncio.sleep(30)
        for _ in range(7):
            box.send("-100", REPLY, "R")
        await asyncio.sleep(30)
        return box.texts("-100")

    assert simulate(story()) == "pnpnnnnnnnnnnnRRRRRR"


def test_replies_go_before_news_and_news_before_progress() -> None:
    async def story() -> str:
        box = post()
        for _ in range(5):
            box.send("7", REPLY, "-")
        for rank in (PROGRESS, NEWS, REPLY, PROGRESS, NEWS, REPLY):
            box.send("7", rank, f"{rank:d}")
        await box.all()
        return box.texts("7")

    assert simulate(story()) == "-----001122"


def test_told_to_be_silent_a_chat_waits_and_the_others_go_on() -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = post()
        refusals = iter([RetryAfter(30)])

        async def call() -> None:
            for error in refusals:
                raise error
            box.left.append((round(now() - box.began, 3), "-100", "again"))

        box.start("-100", PROGRESS, call)
        await asyncio.sleep(1)
        box.send("-100", REPLY, "behind")
        box.send("8", NEWS, "other")
        return await box.all()

    assert simulate(story()) == [
        (1, "8", "other"),
        (30.1, "-100", "behind"),
        (30.1, "-100", "again"),
    ]


@pytest.mark.parametrize("is_new", ["0", "1"])
def test_the_time_of_silence_is_read_in_both_forms(
    is_new: str, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", is_new)
    assert seconds(RetryAfter(7)) == 7.0
    assert bool(recwarn.list) == (is_new == "0")


def test_a_time_out_may_have_been_sent_and_is_not_repeated() -> None:
    error = caused(TimedOut(), aiohttp.SocketTimeoutError())
    tried, outcome = simulate(answers(error))
    assert isinstance(outcome, PerhapsSent)
    assert (tried, outcome.__cause__) == ([0], error)


@pytest.mark.parametrize(
    "error",
    [
        caused(
            NetworkError("ServerDisconnectedError"), aiohttp.ServerDisconnectedError()
        ),
        NetworkError("Gateway Timeout (504)"),
    ],
    ids=str,
)
def test_what_broke_on_the_way_may_have_arrived(error: NetworkError) -> None:
    tried, outcome = simulate(answers(error))
    assert (tried, type(outcome)) == ([0], PerhapsSent)


@pytest.mark.parametrize(
    "cause",
    [
        aiohttp.ClientConnectorError(KEY, OSError()),
        aiohttp.ClientConnectorDNSError(KEY, OSError()),
        aiohttp.ConnectionTimeoutError(),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_what_never_left_is_tried_again(cause: Exception) -> None:
    error = caused(TimedOut(), cause)
    assert is_unsent(error)
    assert simulate(answers(error, error)) == ([0, 0.5, 1.5], "done")


def test_a_failing_gateway_is_tried_four_times_in_all() -> None:
    error = NetworkError("Bad Gateway")
    assert simulate(answers(*[error] * 9)) == ([0, 0.5, 1.5, 3.5], error)


@pytest.mark.parametrize(
    "error", [BadRequest("Chat not found"), Forbidden("blocked"), ValueError("ours")]
)
def test_a_refusal_comes_back_at_once(error: Exception) -> None:
    assert simulate(answers(error)) == ([0], error)


def test_progress_that_fails_is_not_tried_again() -> None:
    async def story() -> int:
        box, tries = post(), []

        async def call() -> None:
            tries.append(now())
            raise NetworkError("Bad Gateway")

        await asyncio.wait({box.start("7", PROGRESS, call)})
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await box.all()
        return len(tries)

    assert simulate(story()) == 1


def test_a_cancelled_waiter_takes_no_turn() -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = post()
        for number in range(12):
            box.send("7", REPLY, str(number))
        await asyncio.sleep(0.5)
        for task in box.tasks[5:11]:
            task.cancel()
        await asyncio.wait(box.tasks)
        return box.left[5:]

    assert simulate(story()) == [(1, "7", "11")]


class Restless(Post):
    """Something happens in the very moment in which turns are given."""

    def __init__(self, happens: Callable[[Post], object], *, is_after: bool) -> None:
        async def wait(after_s: float) -> None:
            await asyncio.sleep(after_s)
            if is_after:
                asyncio.get_running_loop().call_soon(happens, self)
            else:
                happens(self)

        super().__init__(Lane(clock=now, wait=wait), now())


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_turn_for_one_who_leaves_at_that_moment_goes_to_the_next(
    *, is_after: bool
) -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = Restless(lambda box: box.tasks[5].cancel(), is_after=is_after)
        for number in range(7):
            box.send("7", REPLY, str(number))
        await asyncio.wait(box.tasks)
        return box.left[5:]

    assert simulate(story()) == [(1, "7", "6")]


def test_a_place_for_one_who_leaves_at_that_moment_goes_to_the_next_chat() -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = Restless(lambda box: box.tasks[30].cancel(), is_after=True)
        box.send("0", REPLY)
        await asyncio.sleep(0.5)
        for number in range(1, 32):
            box.send(str(number), REPLY)
        await asyncio.wait(box.tasks)
        return box.left[30:]

    assert simulate(story()) == [(1.03, "31", "")]


def test_a_call_counts_from_when_it_really_left() -> None:
    def stall(_box: Post) -> None:
        asyncio.get_running_loop().now += 0.1  # type: ignore[attr-defined]

    async def story() -> Counter[float]:
        box = Restless(stall, is_after=True)
        for number in range(60):
            box.send(str(number), REPLY)
        await asyncio.sleep(2)
        box.send("60", REPLY)
        return Counter(at for at, _, _ in await box.all())

    # Turns given at 1.03 left at 1.13: the next may not leave before 2.16.
    assert simulate(story()) == {0: 30, 1.13: 30, 2.26: 1}


def test_a_call_that_is_held_up_on_its_way_counts_from_its_arrival() -> None:
    async def story() -> int:
        ways = iter([0.01, *[0.2] * 30, *[0.01] * 60])
        telegram, box = Telegram(way_s=lambda: next(ways)), post()
        await box.start("0", REPLY, telegram.call("0"))
        await asyncio.sleep(2)
        # Thirty leave in time and arrive late; those behind them must see that.
        for number in range(1, 80):
            box.start(str(number), REPLY, telegram.call(str(number)))
        await box.all()
        return telegram.refused

    assert simulate(story()) == 0


def test_those_who_left_a_long_queue_are_forgotten() -> None:
    async def story() -> int:
        box = await filled("-100")
        for _ in range(500):
            box.send("-100", PROGRESS)
        await asyncio.sleep(1)
        for task in box.tasks[21:]:
            task.cancel()
        await asyncio.sleep(1)
        return len(box.lane._turns._chats["-100"].queue)

    assert simulate(story()) == 1


def test_a_silenced_chat_is_not_forgotten() -> None:
    async def story() -> list[tuple[float, str, str]]:
        box = post()
        box.lane._turns.pause("7", 100)
        for number in range(100, 300):
            box.send(str(number), REPLY)
        await asyncio.sleep(20)
        box.send("7", REPLY)
        return [one for one in await box.all() if one[1] == "7"]

    assert simulate(story()) == [(100, "7", "")]


def test_a_chat_that_waits_is_not_forgotten() -> None:
    async def story() -> Counter[float]:
        box = post()
        for number in range(100, 130):
            box.send(str(number), REPLY)
        for first, last in ((200, 250), (250, 300)):
            for _ in range(4):
                box.send("7", REPLY)
            for number in range(first, last):
                box.send(str(number), REPLY)
        await box.all()
        return Counter(round(at) for at, chat, _ in box.left if chat == "7")

    assert simulate(story()) == {1: 4, 2: 2, 3: 1, 4: 1}


def test_idle_chats_are_forgotten() -> None:
    async def story() -> int:
        box = post()
        for number in range(3000):
            await box.lane.send(str(number), REPLY, Telegram().call(""))
        return len(box.lane._turns._chats)

    assert simulate(story()) <= 400


def test_nothing_is_left_running_when_nobody_waits() -> None:
    async def story() -> set[asyncio.Task[Any]]:
        box = post()
        for _ in range(9):
            box.send("7", REPLY)
        await asyncio.sleep(1.5)
        for task in box.tasks:
            task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert simulate(story()) == set()


def test_a_broadcast_fills_the_window_and_replies_pass_it() -> None:
    dice = random.Random(1)
    telegram = Telegram(way_s=lambda: 0.04 + dice.uniform(0, 0.025))

    async def reply(lane: Lane, number: int) -> float:
        await asyncio.sleep(dice.uniform(0, 33))
        began = now()
        await lane.send(f"r{number}", REPLY, telegram.call("r"))
        return now() - began

    async def late(after_s: float) -> None:
        await asyncio.sleep(after_s + dice.uniform(0, 0.01))

    async def story() -> tuple[float, float]:
        lane, began = Lane(clock=now, wait=late), now()
        replies = [asyncio.create_task(reply(lane, n)) for n in range(165)]
        await asyncio.gather(
            *(lane.send(str(n), NEWS, telegram.call("n")) for n in range(1000))
        )
        took = now() - began
        waits = sorted(await asyncio.gather(*replies))
        during = sum(at <= began + took for at, _, _ in telegram.arrived)
        return during / took, waits[int(len(waits) * 0.95)]

    rate, p95 = simulate(story())
    assert telegram.refused == 0
    assert rate >= 28.5
    assert p95 <= 0.3


GROUPS = ("-1", "-2", "@c")
CHATS = st.sampled_from(["1", "2", "3", *GROUPS])
RANKS = st.sampled_from(Rank)
LETTERS = st.lists(
    st.tuples(st.floats(0, 20), CHATS, RANKS, st.integers(1, 25)), max_size=20
)


@settings(max_examples=40, deadline=None)
@given(LETTERS, st.randoms(use_true_random=False))
def test_no_limit_is_passed_and_nothing_is_lost(
    letters: list[tuple[float, str, Rank, int]], dice: random.Random
) -> None:
    telegram = Telegram(way_s=lambda: dice.uniform(0, 0.03))

    async def one(lane: Lane, at: float, chat: str, rank: Rank) -> None:
        await asyncio.sleep(at)
        await lane.send(chat, rank, telegram.call(chat))

    async def story() -> None:
        lane = Lane(clock=now)
        each = [(at, to, rank) for at, to, rank, times in letters for _ in range(times)]
        await asyncio.gather(*(one(lane, *letter) for letter in each))

    simulate(story())
    wanted = sorted(chat for _, chat, _, times in letters for _ in range(times))
    assert telegram.refused == 0
    assert sorted(chat for _, chat, _ in telegram.arrived) == wanted
    for group in GROUPS:
        ats = [at for at, chat, _ in telegram.arrived if chat == group]
        assert all(late - at > 60 for at, late in zip(ats, ats[20:], strict=False))


async def filled(chat: str) -> Post:
    """A post whose places for this chat are all taken."""
    box = post()
    for _ in range(20 if chat.startswith(("-", "@")) else 5):
        await box.send(chat, REPLY)
    box.left.clear()
    return box


@settings(max_examples=40, deadline=None)
@given(CHATS, st.lists(RANKS, max_size=30))
def test_a_chat_is_served_by_rank_and_then_by_arrival(
    chat: str, ranks: list[Rank]
) -> None:
    async def story() -> list[str]:
        box = await filled(chat)
        for number, rank in enumerate(ranks):
            box.send(chat, rank, str(number))
        return [text for _, _, text in await box.all()]

    in_turn = sorted(range(len(ranks)), key=ranks.__getitem__)
    assert simulate(story()) == [str(number) for number in in_turn]


@settings(max_examples=40, deadline=None)
@given(CHATS, st.lists(st.tuples(RANKS, st.booleans()), max_size=30))
def test_those_who_leave_the_queue_leave_no_trace(
    chat: str, waiting: list[tuple[Rank, bool]]
) -> None:
    async def story(*, are_there: bool) -> list[tuple[float, str, str]]:
        box = await filled(chat)
        leaving = []
        for number, (rank, stays) in enumerate(waiting):
            if stays:
                box.send(chat, rank, str(number))
            elif are_there:
                leaving.append(box.send(chat, rank, "never"))
        await asyncio.sleep(0.5)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*box.tasks, return_exceptions=True)
        return box.left

    assert simulate(story(are_there=True)) == simulate(story(are_there=False))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5), st.sampled_from("12")), max_size=25),
    st.lists(RANKS, max_size=20),
)
def test_a_silenced_chat_delays_nobody_else(
    letters: list[tuple[float, str]], behind: list[Rank]
) -> None:
    async def story(silence_s: float) -> list[tuple[float, str, str]]:
        box = post()
        box.lane._turns.pause("-9", silence_s)
        for rank in behind if silence_s else ():
            box.send("-9", rank)
        for at, chat in letters:
            asyncio.get_running_loop().call_later(at, box.send, chat, REPLY)
        await asyncio.sleep(6)
        await box.all()
        return sorted(one for one in box.left if one[1] != "-9")

    assert simulate(story(100)) == simulate(story(0))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 90), st.sampled_from([NEWS, PROGRESS]))),
    st.floats(0, 90),
)
def test_answers_in_a_group_never_wait_for_news_and_progress(
    others: list[tuple[float, Rank]], at: float
) -> None:
    async def story() -> list[float]:
        box = post()
        for when, rank in others:
            asyncio.get_running_loop().call_later(when, box.send, "-100", rank)
        await asyncio.sleep(at)
        for _ in range(6):
            box.send("-100", REPLY, "answer")
        await asyncio.sleep(1)
        return [left - round(at, 3) for left, _, text in box.left if text == "answer"]

    assert simulate(story()) == pytest.approx([0] * 6, abs=0.002)


def test_who_is_told_to_be_silent_for_ever_gives_up() -> None:
    async def story() -> int:
        calls = 0

        async def call() -> None:
            nonlocal calls
            calls += 1
            if calls > 2 * MOST_SILENCES:
                return
            raise RetryAfter(30)

        lane = Lane(clock=now)
        with pytest.raises(RetryAfter):
            await lane.send("7", REPLY, call)
        return calls

    assert simulate(story()) == MOST_SILENCES
