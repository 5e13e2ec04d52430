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
from medianest_bot.core._allowed import (
    NOT_HERE,
    NOT_YOURS,
    Checked,
    Stranger,
    allowed,
    is_stranger,
    locale_of,
    role_of,
    visible_to,
)
from medianest_bot.core._failures import Failures, OldButton
from medianest_bot.core._known_people import KnownPeople
from medianest_bot.core._long_lines import LongLines
from medianest_bot.core._ways_in import Crowd, refused
from medianest_bot.core.command import Command
from medianest_bot.core.context import Asked, Context, Place
from medianest_bot.core.house import House
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Choice, Reply, Suggestion, Tone
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store.errors import StoreError
from medianest_bot.core.store.people import Person
from medianest_bot.core.words import Sorry, _, marked, read_on, reading
from medianest_bot.services.errors import ServiceError

__all__ = ["LATE", "NOT_HERE", "STILL", "SUGGEST_S", "Checked", "Dispatch"]

log = structlog.get_logger(__name__)

SUGGEST_S = 0.9

LATE = marked("I was away when you asked for this. Do you still want it?")
STILL = marked("Yes, do it")
NOTHING = marked("Type a command, for example: /search dune. /help shows all of them.")


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
        self._failures = Failures(house.store, house.now, redact, house.commands)
        self._people = KnownPeople(house.store)
        self._crowd = Crowd(house.now)
        self._reference = reference

    async def aclose(self) -> None:
        """Wait for what is still being written down."""
        await self._people.aclose()
        await self._failures.aclose()

    async def run(
        self, line: str, asked: Asked, checked: Checked | None = None
    ) -> Reply:
        """Do what a line asks; always answers, whatever happens.

        With what `check` has just found, nobody is looked up once more.
        """
        reference = self._reference()
        with (
            structlog.contextvars.bound_contextvars(ref=reference, command=""),
            reading(asked.locale),
        ):
            try:
                return await self._answered(line, asked, checked)
            except Exception as error:  # noqa: BLE001 - see above
                # What breaks must reach the person as one sentence, and the admin
                # as a full record; nothing may reach a chat as an exception.
                return await self._failures.answer(error, line, asked, reference)

    async def check(self, line: str, asked: Asked) -> Checked:
        """Whether a line may run here, for them: spends nothing, asks no neighbour.

        Arguments are left to `run`: a question may still have to be answered.
        """
        reference = self._reference()
        with (
            structlog.contextvars.bound_contextvars(ref=reference, command=""),
            reading(asked.locale),
        ):
            try:
                return await self._checked(line, asked)
            except Exception as error:  # noqa: BLE001 - as in `run`
                reply = await self._failures.answer(error, line, asked, reference)
                return Checked(None, line, reply)

    async def person(self, platform: str, account: str) -> Person | None:
        """Whose account it is, as of now; None for a stranger's. Raises StoreError."""
        return await self._people.of(platform, account)

    async def question(self, line: str) -> str | None:
        """What the button of such a line asks first; the answer goes behind the line.

        None where it asks nothing, or where the store does not say: then the command
        itself says what it needs.
        """
        try:
            return await self._long_lines.question(lines.clean(line))
        except (Sorry, StoreError):
            return None

    async def ask_again(self, line: str, asked: Asked) -> Reply:
        """Instead of running a line that comes too late to be still meant for sure."""
        person = await self.person(asked.platform, asked.account)
        with reading(locale_of(person, asked)):
            whole = await self._long_lines.whole(lines.clean(line))
            still = Choice(_(STILL), whole or line, Tone.GOOD)
            reply = Reply(text=_(LATE), choices=(still,), only=True)
            return await self._long_lines.shorten(reply)

    async def shorten(self, reply: Reply) -> Reply:
        """A chat's own reply, with lines that fit under its buttons."""
        return await self._long_lines.shorten(reply)

    async def report(self, what: str, cause: str) -> None:
        """Keep a record for `admin errors` of what nobody can be answered."""
        await self._failures.report(self._reference(), what, cause)

    async def draw(self, line: str, reader: Reader) -> Reply:
        """Draw a card again for its reader: read-only, free, asks no neighbour.

        Raises whatever goes wrong: nobody asked, so nobody is answered. Sorry where
        there is nothing to draw, or nothing this reader may still see.
        """
        person = await self.person(reader.platform, reader.account)
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
                person = await self.person(asked.platform, asked.account)
                context = self._context(found, asked, person, command)
                if context.is_stranger:
                    return ()
                with reading(locale_of(person, asked)):
                    return await suggest(context, lines.clean(typed))
        except (Sorry, ServiceError, TimeoutError):
            return ()
        except Exception:
            # Nobody asked for suggestions, so nobody is told; the log has it.
            log.exception("suggest", command=command, argument=argument)
            return ()

    async def visible(self, asked: Asked) -> tuple[Command, ...]:
        """What this person may ask in this place; a stranger, what lets people in."""
        person = await self.person(asked.platform, asked.account)
        return visible_to(self._house.commands, person, asked.place)

    async def _answered(
        self, line: str, asked: Asked, checked: Checked | None
    ) -> Reply:
        try:
            reply = await self._run(line, asked, checked)
        except Sorry as sorry:
            reply = refused(sorry, asked, self._house)
        return await self._long_lines.shorten(reply)

    async def _checked(self, line: str, asked: Asked) -> Checked:
        try:
            return await self._check(line, asked)
        except Sorry as sorry:
            reply = refused(sorry, asked, self._house)
            short = await self._long_lines.shorten(reply)
            return Checked(None, line, short, isinstance(sorry, Stranger))

    async def _run(self, line: str, asked: Asked, checked: Checked | None) -> Reply:
        known = checked if checked is not None and checked.role is not None else None
        who = (asked.platform, asked.account)
        person = known.person if known else await self.person(*who)
        read_on(locale_of(person, asked))
        self._people.heard(person, asked)
        whole = known.line if known else await self._whole(line, asked, person)
        if not whole:
            return Reply(text=_(NOTHING))
        command, rest = self._counted(whole, asked, person)
        structlog.contextvars.bind_contextvars(command=command.name)
        context = self._context(command, asked, person, whole)
        return await self._crowd.run(command, context, rest)

    async def _check(self, line: str, asked: Asked) -> Checked:
        person = await self.person(asked.platform, asked.account)
        read_on(locale_of(person, asked))
        whole = await self._whole(line, asked, person)
        if not whole:
            return Checked(None, whole)
        command, _rest = self._split(whole, asked)
        context = self._context(command, asked, person, whole)
        return Checked(command, whole, role=context.role, person=person)

    async def _whole(self, line: str, asked: Asked, person: Person | None) -> str:
        """The line itself, for whoever is somebody here and may press its card.

        For a stranger, only one that lets people in.
        """
        if role_of(person, asked.place) is None:
            return await self._open_line(line, asked, person)
        if asked.pressed and asked.asker not in (None, asked.account):
            raise Sorry(NOT_YOURS)
        whole = await self._long_lines.whole(lines.clean(line))
        if whole is None:
            raise OldButton
        return whole

    async def _open_line(self, line: str, asked: Asked, person: Person | None) -> str:
        """The line itself where strangers may ask it. Raises Stranger elsewhere."""
        if asked.place.kind is not PlaceKind.PRIVATE:
            raise Stranger
        try:
            whole = await self._long_lines.whole(lines.clean(line)) or ""
        except Sorry:
            raise Stranger from None
        if (command := self._house.commands.named(whole)) is None:
            raise Stranger
        allowed(command, asked, person)
        return whole

    def _counted(
        self, line: str, asked: Asked, person: Person | None
    ) -> tuple[Command, str]:
        """The command a line names, counted unless it only draws."""
        try:
            command, rest = self._split(line, asked)
        except Sorry:
            self._count(asked, person)
            raise
        if not command.draws or is_stranger(person, asked.place):
            self._count(asked, person)
        return command, rest

    def _split(self, line: str, asked: Asked) -> tuple[Command, str]:
        try:
            return self._house.commands.split(line)
        except Sorry:
            if asked.pressed:
                raise OldButton from None
            raise

    def _count(self, asked: Asked, person: Person | None) -> None:
        guest = f"{asked.platform}:{asked.account}"
        if is_stranger(person, asked.place):
            self._crowd.admit(guest)
        self._house.limits.command(person.id if person else guest)

    def _context(
        self, command: Command, asked: Asked, person: Person | None, line: str
    ) -> Context:
        """Who asks, if they may ask that here. Raises Sorry where they may not."""
        role = allowed(command, asked, person)
        return Context(self._house, asked, person, role, line)
