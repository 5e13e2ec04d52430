"""The one road: parse → who → may they, here? → run → Reply.

Holds the only two `except`s that speak to people: what a neighbour did not do
becomes one honest sentence, anything else a reference to a full record.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import structlog

from medianest_bot.core import line as lines
from medianest_bot.core._failures import Failures, OldButton, note
from medianest_bot.core._long_lines import LongLines
from medianest_bot.core.command import Command, Where
from medianest_bot.core.context import Asked, Context, Place
from medianest_bot.core.house import House
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Reply, Suggestion
from medianest_bot.core.roles import ADMIN_PLACES, Role, counts_as
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, _, marked, read_on, reading
from medianest_bot.services.errors import ServiceError

log = structlog.get_logger(__name__)

SUGGEST_S = 0.9

STRANGER = marked("This bot serves one household. Ask its admin to let you in.")
NOT_ALLOWED = {
    Role.GUEST: STRANGER,
    Role.MEMBER: marked("That is for members of this household."),
    Role.ADMIN: marked("That is for admins of this household."),
}
NOT_HERE = marked("Please ask that in the admin room or in a direct message.")
NOT_YOURS = marked("Only the person who asked may press that.")
NOTHING = marked("Type a command, for example: search dune. help shows all of them.")


def _withheld(_text: str) -> str:
    return "[hidden]"


class Dispatch:
    """Runs lines for people.

    `key` derives the short names of long lines. `redact` takes secrets out of what
    is kept for `admin errors`; without it nothing of an error's text is kept.
    """

    def __init__(
        self,
        house: House,
        key: bytes,
        *,
        redact: Callable[[str], str] = _withheld,
        reference: Callable[[], str] = lambda: secrets.token_hex(3),
    ) -> None:
        self._house = house
        self._long_lines = LongLines(house.store, key, house.now)
        self._failures = Failures(house.store, house.now, redact)
        self._reference = reference

    async def aclose(self) -> None:
        """Wait for what is still being written down."""
        await self._failures.aclose()

    async def run(self, line: str, asked: Asked) -> Reply:
        """Do what a line asks; always answers, whatever happens."""
        reference = self._reference()
        with (
            structlog.contextvars.bound_contextvars(ref=reference, command=""),
            reading(asked.locale),
        ):
            try:
                return await self._long_lines.shorten(await self._run(line, asked))
            except Sorry as sorry:
                return note(sorry, asked)
            except Exception as error:  # noqa: BLE001 - see above
                # What breaks must reach the person as one sentence, and the admin
                # as a full record; nothing may reach a chat as an exception.
                return await self._failures.answer(error, line, asked, reference)

    async def draw(self, line: str, reader: Reader) -> Reply:
        """Draw a card again for its reader: read-only, free, asks no neighbour.

        Raises whatever goes wrong: nobody asked, so nobody is answered. Sorry where
        there is nothing to draw, or nothing this reader may still see.
        """
        person = await self._person(reader.platform, reader.account)
        locale = person.locale if person else None
        name = person.name if person else ""
        place = Place(reader.platform, reader.place, reader.kind)
        asked = Asked(reader.platform, reader.account, name, place, locale)
        with reading(locale):
            command, rest = self._house.commands.split(lines.clean(line))
            if not command.draws:
                raise ValueError(f"“{command.name}” draws nothing")
            context = self._context(command, asked, person, line)
            reply = await command.run(context, **command.parse(rest))
            return await self._long_lines.shorten(reply)

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
            async with asyncio.timeout(SUGGEST_S):
                person = await self._person(asked.platform, asked.account)
                context = self._context(found, asked, person, command)
                with reading(_locale(person, asked)):
                    return await suggest(context, lines.clean(typed))
        except (Sorry, ServiceError, TimeoutError):
            return ()
        except Exception:
            # Nobody asked for suggestions, so nobody is told; the log has it.
            log.exception("suggest", command=command, argument=argument)
            return ()

    async def visible(self, asked: Asked) -> tuple[Command, ...]:
        """What this person may ask in this place; nothing for strangers."""
        person = await self._person(asked.platform, asked.account)
        kind = asked.place.kind
        role = _role(person, asked.place)
        return self._house.commands.visible(role, kind) if role else ()

    async def _run(self, line: str, asked: Asked) -> Reply:
        person = await self._person(asked.platform, asked.account)
        read_on(_locale(person, asked))
        if _role(person, asked.place) is None:
            raise Sorry(STRANGER)
        if asked.pressed and asked.asker not in (None, asked.account):
            raise Sorry(NOT_YOURS)
        whole = await self._long_lines.whole(lines.clean(line))
        if whole is None:
            raise OldButton
        if not whole:
            return Reply(text=_(NOTHING))
        command, rest = self._split(whole, asked, person)
        structlog.contextvars.bind_contextvars(command=command.name)
        context = self._context(command, asked, person, whole)
        return await command.run(context, **command.parse(rest))

    def _split(
        self, line: str, asked: Asked, person: Person | None
    ) -> tuple[Command, str]:
        """The command a line names, counted unless it only draws."""
        try:
            command, rest = self._house.commands.split(line)
        except Sorry:
            self._count(asked, person)
            if asked.pressed:
                raise OldButton from None
            raise
        if not command.draws:
            self._count(asked, person)
        return command, rest

    def _count(self, asked: Asked, person: Person | None) -> None:
        guest = f"{asked.platform}:{asked.account}"
        self._house.limits.command(person.id if person else guest)

    async def _person(self, platform: str, account: str) -> Person | None:
        async with self._house.store.read() as db:
            return await people.by_account(db, platform, account)

    def _context(
        self, command: Command, asked: Asked, person: Person | None, line: str
    ) -> Context:
        """Who asks, if they may ask that here. Raises Sorry where they may not."""
        role = _role(person, asked.place)
        if role is None:
            raise Sorry(STRANGER)
        if not role.covers(command.role):
            raise Sorry(NOT_ALLOWED[command.role])
        if command.where is Where.ADMINS and asked.place.kind not in ADMIN_PLACES:
            raise Sorry(NOT_HERE)
        return Context(self._house, asked, person, role, line)


def _role(person: Person | None, place: Place) -> Role | None:
    return counts_as(person.role if person else None, place.kind)


def _locale(person: Person | None, asked: Asked) -> str | None:
    """What a person chose, else what their chat says."""
    return person.locale if person and person.locale else asked.locale
