"""A house without neighbours: a real store and a few commands of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from tests.bare_house import bare_house

from medianest_bot.core.command import Command, Commands, Param, Where, command
from medianest_bot.core.context import Asked, Context, Place
from medianest_bot.core.dispatch import Dispatch
from medianest_bot.core.house import House
from medianest_bot.core.limits import Left
from medianest_bot.core.outbox import Outbox, Reader
from medianest_bot.core.reply import Choice, Item, Menu, Option, Reply, Suggestion
from medianest_bot.core.roles import PlaceKind, Role
from medianest_bot.core.store import config, people
from medianest_bot.core.store.cards import Card
from medianest_bot.core.store.engine import Store, is_writing
from medianest_bot.core.words import Sorry
from medianest_bot.services.errors import Unreachable
from medianest_bot.services.lane_types import LaneSettings
from medianest_bot.services.lanes import Lanes

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG = "echo " + "x" * 80
REFERENCE = "abc123"


@dataclass
class Clock:
    """Stands still until it is moved on."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Shelf:
    """What the commands of these tests show, wait for and look at."""

    cards: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[Context] = field(default_factory=list)
    long: str = LONG


@dataclass
class Hall:
    """An open house; mum is admin, ana and tim are members, zoe is a linked guest."""

    house: House
    dispatch: Dispatch
    clock: Clock
    shelf: Shelf

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def outbox(self) -> Outbox:
        return self.house.outbox

    async def say(
        self,
        line: str,
        who: str = "ana",
        *,
        place: PlaceKind = PlaceKind.PRIVATE,
        pressed: bool = False,
        asker: str | None = None,
    ) -> Reply:
        return await self.dispatch.run(line, asked(who, place, pressed, asker))

    async def draw(
        self, line: str, who: str = "ana", place: PlaceKind = PlaceKind.PRIVATE
    ) -> Reply:
        return await self.dispatch.draw(line, Reader("console", who, "room", place))

    async def left(self, name: str) -> tuple[Left, ...]:
        person_id = await self.id_of(name)
        async with self.store.read() as db:
            return await self.house.limits.left(db, person_id)

    async def id_of(self, name: str) -> int:
        async with self.store.read() as db:
            person = await people.find(db, name)
        assert person is not None
        return person.id

    def set(self, subject: str, text: str) -> None:
        """Change a card, as something that goes on by itself would."""
        self.shelf.cards[subject] = text
        self.outbox.changed(subject)

    async def tell(self, line: str, who: str = "ana", dedupe: str = "") -> None:
        number = await self.id_of(who)
        async with self.store.begin() as tx:
            await self.outbox.tell(tx, number, line, dedupe or f"{who} {line}")
        self.outbox.wake()


@dataclass
class Chat:
    """A chat that shows what it is given; a test decides how well it works."""

    platform: str = "console"
    only_place: str | None = None
    edited: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    posted: list[tuple[str, str, str]] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    is_gone: bool = False
    slow: dict[str, asyncio.Event] = field(default_factory=dict)
    paces: dict[str, float] = field(default_factory=dict)
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def pace_s(self, card: Card) -> float:
        return self.paces.get(card.message, 0.001)

    async def edit(self, card: Card, reply: Reply) -> bool:
        await self._may_fail(card.subject)
        if not self.is_gone:
            self.edited.append((card.message, reply.text))
        self.happened.set()
        return not self.is_gone

    async def tell(self, account: str, reply: Reply) -> bool:
        await self._may_fail(account)
        if not self.is_gone:
            self.told.append((account, reply.text))
        self.happened.set()
        return not self.is_gone

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        room = f"{place}:{thread}" if thread else place
        await self._may_fail(room)
        if not self.is_gone:
            self.posted.append((room, account, reply.text))
        self.happened.set()
        return not self.is_gone

    async def _may_fail(self, name: str) -> None:
        assert not is_writing(), "sent inside a transaction"
        if name in self.slow:
            await self.slow[name].wait()
        if self.trouble:
            raise self.trouble.pop()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what was edited and told is as it should be."""
        async with asyncio.timeout(20):
            while not is_so():
                self.happened.clear()
                await self.happened.wait()


def asked(
    who: str,
    place: PlaceKind = PlaceKind.PRIVATE,
    pressed: bool = False,  # noqa: FBT001, FBT002 - said by tests only
    asker: str | None = None,
) -> Asked:
    return Asked(
        platform="console",
        account=who,
        shown_name=who,
        place=Place("console", "room", place),
        pressed=pressed,
        asker=asker,
    )


def card(subject: str, message: str = "1", who: str = "ana", **more: str) -> Card:
    platform = more.pop("platform", "console")
    line = f"show {subject}"
    return Card(0, subject, platform, "room", message, None, who, line, "", **more)


@asynccontextmanager
async def open_hall(
    folder: Path,
    template: Path | None = None,
    *,
    patience_s: float = 0.2,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Hall]:
    """Open the house in `folder`; what is in there already stays."""
    path = folder / "hall.sqlite"
    if template is not None and not path.exists():
        shutil.copyfile(template, path)
    store = await Store.open(f"sqlite:///{path}", patience_s=patience_s)
    lanes = Lanes(LaneSettings(sites=(), temp=folder / "temp"))
    clock, shelf = Clock(), Shelf()
    outbox = Outbox(store, clock, wait=wait)
    house = bare_house(store, outbox, lanes, folder, _commands(shelf), clock)
    dispatch = Dispatch(house, b"k" * 32, redact=_redact, reference=lambda: REFERENCE)
    try:
        await _move_in(store, clock)
        yield Hall(house, dispatch, clock, shelf)
    finally:
        await lanes.aclose()
        await store.close()


@asynccontextmanager
async def delivering(hall: Hall) -> AsyncIterator[None]:
    """With the outbox running."""
    task = asyncio.create_task(hall.outbox.run(hall.dispatch.draw))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _redact(text: str) -> str:
    return text.replace("hunter2", "[hidden]")


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something in the store, which tells nobody of its changes."""
    async with asyncio.timeout(20):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def _move_in(store: Store, now: Clock) -> None:
    roles = (Role.ADMIN, Role.MEMBER, Role.MEMBER, Role.GUEST)
    async with store.begin() as tx:
        if await people.everyone(tx):
            return
        for name, role in zip(("mum", "ana", "tim", "zoe"), roles, strict=True):
            person = await people.add(tx, name, role, now=now())
            await people.link(tx, person.id, "console", name, name, now())


Words = Annotated[str, Param("some words", rest=True, example="hello")]


async def _teas(ctx: Context, typed: str) -> tuple[Suggestion, ...]:
    del ctx
    if typed == "break":
        raise RuntimeError(typed)
    if typed == "down":
        raise Unreachable("seerr")
    if typed == "wait":
        await asyncio.Event().wait()
    return (Suggestion(f"{typed}…", typed),)


@command("Say something back", role=Role.GUEST)
async def echo(ctx: Context, words: Words = "") -> Reply:
    return Reply(text=f"{ctx.role}: {words}")


@command("Drink tea")
async def tea(ctx: Context, leaf: Annotated[str, Param("which", _teas)] = "") -> Reply:
    del ctx
    return Reply(text=leaf)


@command("Count", role=Role.GUEST)
async def count(
    ctx: Context, to: Annotated[int, Param("how far", example="3")]
) -> Reply:
    del ctx
    return Reply(text=str(to))


@command("Break")
async def crash(ctx: Context, words: Words = "") -> Reply:
    del ctx
    raise RuntimeError("the password is hunter2" + words * 5)


@command("Ask a neighbour who sleeps")
async def ask(ctx: Context) -> Reply:
    raise Unreachable("uptime_kuma", since=ctx.house.now())


@command("Say no")
async def refuse(ctx: Context) -> Reply:
    del ctx
    raise Sorry("There is no {thing}", thing="tea")


@command("Look behind the curtain", role=Role.ADMIN, where=Where.ADMINS)
async def admin_look(ctx: Context) -> Reply:
    del ctx
    return Reply(text="nothing")


@command("Write something down")
async def write(ctx: Context, words: Words) -> Reply:
    async with ctx.house.store.begin() as tx:
        await config.put(tx, "note", words, ctx.house.now())
    return Reply(text="written")


def _commands(shelf: Shelf) -> Commands:
    @command("Show a card", role=Role.GUEST, draws=True, hidden=True)
    async def show(ctx: Context, subject: Words) -> Reply:
        shelf.seen.append(ctx)
        if subject not in shelf.cards:
            raise Sorry("There is no {subject}", subject=subject)
        return Reply(text=shelf.cards[subject], follows=subject)

    @command("Write something down, and wait before it is saved")
    async def dawdle(ctx: Context, words: Words) -> Reply:
        async with ctx.house.store.begin() as tx:
            await config.put(tx, "note", words, ctx.house.now())
            shelf.seen.append(ctx)
            shelf.gate.set()
            await asyncio.Event().wait()
        raise AssertionError

    @command("Offer long buttons")
    async def offer(ctx: Context) -> Reply:
        del ctx
        pick = f"{shelf.long} {{}}"
        return Reply(
            text="Choose",
            items=(Item("one", choices=(Choice("Long", shelf.long),)),),
            choices=(Choice("Short", "echo hi"),),
            menus=(Menu("Pick", (Option("A", "a", f"{shelf.long} a"),), pick),),
        )

    @command("Offer a button that asks first")
    async def wonder(ctx: Context) -> Reply:
        del ctx
        why = Choice("Why", shelf.long, ask="Why is that?")
        again = Choice("Say", "echo", ask="What do I say?")
        return Reply(text="Hm", items=(Item("one", choices=(why,)),), choices=(again,))

    made: tuple[Command, ...] = (show, dawdle, offer, echo, tea, count, crash)
    made += (wonder, ask, refuse, admin_look, write)
    return Commands({one.name: one for one in made})
