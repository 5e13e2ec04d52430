from __future__ import annotations

import asyncio

import pytest

from medianest_bot.services._turns import Turns


class Crowd:
    """People who take a turn and keep it until told to end."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.inside: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._stay(name))
        await self.settle()

    async def leave(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _stay(self, name: str) -> None:
        async with self.turns.mine(is_download=name.startswith("d")):
            self.inside.append(name)
            await self._ends[name].wait()
            self.inside.remove(name)


async def test_downloads_take_turns_and_something_short_passes_them() -> None:
    crowd = Crowd(Turns(2))
    await crowd.come("d1", "d2", "d3", "d4", "s1", "s2")
    assert crowd.inside == ["d1", "d2", "s1"]
    await crowd.leave("s1")
    assert crowd.inside == ["d1", "d2", "s2"]
    await crowd.leave("s2", "d1")
    assert crowd.inside == ["d2", "d3"]
    await crowd.leave("d2", "d3", "d4")
    assert crowd.inside == []


async def test_short_ones_do_not_keep_a_download_out_for_ever() -> None:
    crowd = Crowd(Turns(1))
    await crowd.come("s1", "s2", "d1", "s3")
    assert crowd.inside == ["s1", "s2"]
    await crowd.leave("s1")
    assert crowd.inside == ["s2", "d1"]
    await crowd.leave("s2", "s3", "d1")


async def test_who_gives_up_waiting_leaves_no_gap() -> None:
    crowd = Crowd(Turns(1))
    await crowd.come("d1", "d2", "d3")
    crowd.tasks["d2"].cancel()
    await crowd.leave("d1")
    assert crowd.inside == ["d3"]
    crowd.tasks["d3"].cancel()
    await crowd.come("d4")
    assert crowd.inside[-1:] == ["d4"]
    await crowd.leave("d4")


async def test_who_gives_up_as_the_turn_comes_passes_it_on() -> None:
    crowd = Crowd(Turns(1))
    await crowd.come("d1", "d2", "d3")
    crowd.tasks["d1"].cancel()
    crowd.tasks["d2"].cancel()
    await crowd.settle()
    assert crowd.inside[-1:] == ["d3"]
    await crowd.leave("d3")


async def test_closing_sends_everybody_away() -> None:
    crowd = Crowd(Turns(1))
    await crowd.come("d1", "d2")
    crowd.turns.close(RuntimeError("closed"))
    await crowd.come("d3")
    for name in ("d2", "d3"):
        with pytest.raises(RuntimeError, match="closed"):
            await crowd.tasks[name]
    assert not crowd.turns.are_wanted
    await crowd.leave("d1")
