"""The one road: parse → who → may they, here? → run → Reply.

Holds the only two `except`s that speak to people: what a neighbour did not do
becomes one honest sentence, anything else a reference to a full record.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import traceback
from collections.abc import Callable
from dataclasses import replace

import structlog

from medianest_bot.core import line as lines
from medianest_bot.core import troubles
from medianest_bot.core.command import Command, Where
from medianest_bot.core.context import Asked, Context, Place
from medianest_bot.core.house import House
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Choice, Item, Menu, Reply, Show, Suggestion, Tone
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind, Role, counts_as
from medianest_bot.core.store import errors_log, people
from medianest_bot.core.store import lines as kept_lines
from medianest_bot.core.words import Sorry, _, marked, reading
from medianest_bot.services.errors import ServiceError

log = structlog.get_logger(__name__)

NARROWEST = 64
"""Bytes a button can carry in the narrowest chat (Telegram's callback_data)."""
SUGGEST_S = 0.9

STRANGER = marked("This bot serves one household. Ask its admin to let you in.")
NOT_ALLOWED = marked("That is for {role}s of this household.")
NOT_HERE = marked("Please ask that in the admin room or in a direct message.")
OLD_BUTTON = marked("That button is old.")
SEARCH_AGAIN = marked("Search again")
NOTHING = marked("Type a command, for example: search dune. help shows all of them.")
BROKEN = marked(
    "That did not work (reference {reference}). It has been noted for the admin."
)


class Dispatch:
    """Runs lines for people. `key` derives the short names of long lines."""

    def __init__(
        self,
        house: House,
        key: bytes,
        *,
        reference: Callable[[], str] = lambda: secrets.token_hex(3),
    ) -> None:
        self._house = house
        self._key = key
        self._reference = reference

    async def run(self, line: str, asked: Asked) -> Reply:
        """Do what a line asks; always answers, whatever happens."""
        reference = self._reference()
        with (
            structlog.contextvars.bound_contextvars(ref=reference),
            reading(asked.locale),
        ):
            try:
                return await self._shorten(await self._run(line, asked))
            except Sorry as sorry:
                return _note(sorry.worded(), asked)
            except Exception as error:  # noqa: BLE001 - see above
                # What breaks must reach the person as one sentence, and the admin
                # as a full record; nothing may reach a chat as an exception.
                return await self._failed(error, line, asked, reference)

    async def draw(self, line: str, reader: Reader) -> Reply:
        """Draw a card again for its reader: read-only, free, asks no neighbour.

        Raises whatever goes wrong: nobody asked, so nobody is answered.
        """
        async with self._house.store.read() as db:
            person = await people.by_account(db, reader.platform, reader.account)
        place = Place(reader.platform, reader.place, PlaceKind.PRIVATE)
        asked = Asked(
            reader.platform,
            reader.account,
            person.name if person else "",
            place,
            locale=person.locale if person else None,
        )
        command, rest = self._house.commands.split(lines.clean(line))
        if not command.draws:
            raise ValueError(f"“{command.name}” draws nothing")
        role = counts_as(person.role if person else None, place.kind)
        with reading(asked.locale):
            context = Context(self._house, asked, person, role or Role.GUEST, line)
            reply = await command.run(context, **command.parse(rest))
            return await self._shorten(reply)

    async def suggest(
        self, command: str, argument: str, typed: str, asked: Asked
    ) -> tuple[Suggestion, ...]:
        """What could complete an argument. Never an error, nothing for strangers."""
        found = self._house.commands.by_name.get(command)
        params = {a.name: a.param for a in found.arguments} if found else {}
        suggest = params[argument].suggest if argument in params else None
        if found is None or suggest is None:
            return ()
        try:
            context = await self._context(found, asked, command)
            async with asyncio.timeout(SUGGEST_S):
                return await suggest(context, lines.clean(typed))
        except (Sorry, ServiceError, TimeoutError):
            return ()
        except Exception:
            # Nobody asked for suggestions, so nobody is told; the log has it.
            log.exception("suggest", command=command, argument=argument)
            return ()

    async def visible(self, asked: Asked) -> tuple[Command, ...]:
        """What this person may ask in this place; nothing for strangers."""
        async with self._house.store.read() as db:
            person = await people.by_account(db, asked.platform, asked.account)
        role = counts_as(person.role if person else None, asked.place.kind)
        return self._house.commands.visible(role) if role else ()

    async def _run(self, line: str, asked: Asked) -> Reply:
        line = await self._whole(lines.clean(line))
        if not line:
            return Reply(text=_(NOTHING))
        command, rest = self._house.commands.split(line)
        structlog.contextvars.bind_contextvars(command=command.name)
        context = await self._context(command, asked, line)
        if context.person is not None and not command.draws:
            self._house.limits.command(context.person.id)
        with reading(context.person.locale if context.person else asked.locale):
            return await command.run(context, **command.parse(rest))

    async def _context(self, command: Command, asked: Asked, line: str) -> Context:
        """Who asks, and whether they may. Raises Sorry where they may not."""
        async with self._house.store.read() as db:
            person = await people.by_account(db, asked.platform, asked.account)
        role = counts_as(person.role if person else None, asked.place.kind)
        if role is None:
            raise Sorry(STRANGER)
        if not role.covers(command.role):
            raise Sorry(NOT_ALLOWED, role=_(command.role.value))
        if command.where is Where.ADMINS and asked.place.kind not in ADMIN_PLACES:
            raise Sorry(NOT_HERE)
        return Context(self._house, asked, person, role, line)

    async def _whole(self, line: str) -> str:
        """A long line that a button carried by its key. Raises Sorry if forgotten."""
        if not line.startswith("~"):
            return line
        key, _space, more = line[1:].partition(" ")
        async with self._house.store.read() as db:
            kept = await kept_lines.read(db, key)
        if kept is None:
            raise Sorry(OLD_BUTTON)
        return f"{kept} {more}".strip()

    async def _shorten(self, reply: Reply) -> Reply:
        """Put keys in place of lines too long for the narrowest chat's buttons."""
        long: dict[str, str] = {}

        def short(line: str) -> str:
            if len(line.encode()) <= NARROWEST:
                return line
            mark = hmac.new(self._key, line.encode(), hashlib.sha256)
            key = mark.hexdigest()[:24]
            long[key] = line
            return f"~{key}"

        shortened = _with_lines(reply, short)
        if long:
            async with self._house.store.begin() as tx:
                for key, line in long.items():
                    await kept_lines.keep(tx, key, line, self._house.now())
        return shortened

    async def _failed(
        self, error: Exception, line: str, asked: Asked, reference: str
    ) -> Reply:
        name = line.split(" ", maxsplit=1)[0][:40]
        if isinstance(error, ServiceError):
            log.warning("neighbour", error=str(error), line=name, exc_info=error)
            worded, failed = troubles.worded(error, self._house.now()), False
        else:
            log.error("broken", line=name, exc_info=error)
            worded, failed = _(BROKEN, reference=reference), True
        await self._keep_record(error, name, asked, reference)
        reply = _note(worded, asked)
        return replace(reply, tone=Tone.BAD, failed=failed)

    async def _keep_record(
        self, error: Exception, name: str, asked: Asked, reference: str
    ) -> None:
        """A full record for `admin errors`; where even that fails, the log has it."""
        try:
            async with self._house.store.begin() as tx:
                person = await people.by_account(tx, asked.platform, asked.account)
                await errors_log.add(
                    tx,
                    reference=reference,
                    at=self._house.now(),
                    person_id=person.id if person else None,
                    command=name,
                    cause=f"{type(error).__name__}: {error}"[:200],
                    details=_details(error),
                )
        except Exception:
            log.exception("record", reference=reference)


def _note(text: str, asked: Asked) -> Reply:
    show = Show.NOTE if asked.pressed else Show.NEW
    old = text == _(OLD_BUTTON)
    choices = (Choice(_(SEARCH_AGAIN), "search", ask=_(SEARCH_AGAIN)),) if old else ()
    return Reply(text=text, tone=Tone.WARN, show=show, choices=choices)


def _details(error: Exception) -> str:
    """The trace without the values in it: only where it happened."""
    return "".join(traceback.format_exception(error))[-8000:]


def _with_lines(reply: Reply, short: Callable[[str], str]) -> Reply:
    def choice(one: Choice) -> Choice:
        return replace(one, line=short(one.line))

    def item(one: Item) -> Item:
        return replace(one, choices=tuple(map(choice, one.choices)))

    def menu(one: Menu) -> Menu:
        options = tuple(replace(o, line=short(o.line)) for o in one.options)
        return replace(one, options=options)

    return replace(
        reply,
        items=tuple(map(item, reply.items)),
        choices=tuple(map(choice, reply.choices)),
        menus=tuple(map(menu, reply.menus)),
    )
