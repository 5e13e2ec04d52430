"""One sitting at a door: what was said, what can be pressed, which cards live."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from medianest_bot.chats.door import PLATFORM, Door, pressable
from medianest_bot.core.outbox import Reader
from medianest_bot.core.reply import Choice, Reply, Show, Tone
from medianest_bot.core.store.cards import Card
from medianest_bot.core.words import Sorry, marked

log = structlog.get_logger(__name__)

NO_SUCH_CHOICE = marked("There is no choice {number} to press.")
NO_WORDS = marked("Choice {number} takes no words.")
HOW_TO_ANSWER = marked("{question} Answer with: press {number} and your words.")

LEAVE = frozenset({"quit", "exit", "/quit", "/exit"})
PACE_S = 0.25
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEPT = 200
"""Cards of a sitting that are remembered; older ones are no longer redrawn."""
_PRESS = re.compile(
    r"(?:press +(?P<mark>[a-z]{0,2})(?P<number>\d{1,4})(?: +(?P<words>.+))?"
    r"|(?P<bare_mark>[a-z]{0,2})(?P<bare_number>\d{1,4}))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed, understood: the line to run.

    `label` is the choice that was pressed on the card `number`. `question` must be
    answered first, with `answered`.
    """

    typed: str
    line: str
    number: int | None = None
    label: str = ""
    question: str | None = None

    def answered(self, words: str) -> Said:
        return replace(self, line=f"{self.line} {words}", question=None)


@dataclass(frozen=True, slots=True)
class Shown:
    """A reply as it stands before the person, redrawn or not."""

    number: int
    reply: Reply
    subject: str | None = None

    @property
    def mark(self) -> str:
        """Goes before its choices while a newer reply has the plain numbers.

        a, b, …, z, aa, ab, … and around again after zz.
        """
        first, second = divmod((self.number - 1) % (26 * 27), 26)
        return (_LETTERS[first - 1] if first else "") + _LETTERS[second]

    @property
    def is_alive(self) -> bool:
        """True while more will happen to it by itself."""
        return self.subject is not None and self.reply.busy


class Screen(Protocol):
    """Where a sitting is seen."""

    def answer(self, said: Said, shown: Shown) -> None: ...

    def redraw(self, shown: Shown) -> None: ...

    def news(self, shown: Shown) -> None: ...


class Talk:
    """Runs what is said, and is the console's port to the outbox."""

    def __init__(self, door: Door, screen: Screen) -> None:
        self.platform = PLATFORM
        self.place = secrets.token_hex(8)
        self.only_place: str | None = self.place
        self._door = door
        self._screen = screen
        self._shown: dict[int, Shown] = {}
        self._counted = 0
        self._last: int | None = None
        self.changed = asyncio.Event()
        """Set when a card was redrawn or news came."""

    def read(self, typed: str) -> Said:
        """Tell a press from a line. Raises Sorry where there is no such choice."""
        typed = typed.strip()
        match = _PRESS.fullmatch(typed)
        if match is None:
            return Said(typed, typed)
        mark = (match["mark"] or match["bare_mark"] or "").casefold()
        number = match["number"] or match["bare_number"]
        card = self._marked(mark) if mark else self._last
        choice = self._choice(card, int(number))
        if card is None or choice is None:
            raise Sorry(NO_SUCH_CHOICE, number=f"{mark}{number}")
        said = Said(typed, choice.line, card, choice.label, choice.ask)
        if not match["words"]:
            return said
        if choice.ask is None:
            raise Sorry(NO_WORDS, number=f"{mark}{number}")
        return said.answered(match["words"])

    async def run(self, said: Said) -> Reply:
        """Run a line, show the answer, and follow what it follows."""
        asked = self._door.asked(self.place, pressed=said.number is not None)
        reply = await self._door.dispatch.run(said.line, asked)
        shown = self._take(said, reply)
        self._screen.answer(said, shown)
        if shown.subject is not None:
            await self._follow(shown, shown.subject)
        return reply

    def pace_s(self, card: Card) -> float:
        del card
        return PACE_S

    async def edit(self, card: Card, reply: Reply) -> bool:
        """Redraw a card of this sitting; those of earlier ones are gone."""
        shown = self._find(card)
        if shown is None:
            return False
        if shown.reply != reply:
            self._redraw(replace(shown, reply=reply), shown.reply)
        return True

    async def tell(self, account: str, reply: Reply) -> bool:
        """Show news, if they are for the one who sits here.

        A card of the same subject is news enough: it is redrawn. Elsewhere news
        are a message of their own, which nothing redraws.
        """
        if account != self._door.account:
            return False
        card = next((one for one in self._shown.values() if _shows(one, reply)), None)
        if card is None:
            told = replace(reply, follows=None, busy=False)
            self._screen.news(self._keep(self._new(told)))
        elif card.reply != reply:
            self._redraw(replace(card, reply=reply), card.reply)
        self.changed.set()
        return True

    async def post(
        self, place: str, thread: str | None, account: str, reply: Reply
    ) -> bool:
        """There is no room here but that of whoever sits here."""
        del place, thread, account, reply
        return False

    def note(self, typed: str, text: str) -> None:
        """Answer from here, without asking the house; numbers stay as they are."""
        reply = Reply(text=text, tone=Tone.WARN, show=Show.NOTE)
        self._screen.answer(Said(typed, ""), Shown(0, reply))

    async def refresh(self) -> None:
        """Draw every card that seems at rest once more, as of now."""
        for shown in list(self._shown.values()):
            if shown.subject is not None and not shown.reply.busy:
                await self._refresh(shown, shown.subject)

    def alive(self) -> tuple[Shown, ...]:
        """Cards to which more will happen by itself."""
        return tuple(shown for shown in self._shown.values() if shown.is_alive)

    def follows_any(self) -> bool:
        return any(shown.subject is not None for shown in self._shown.values())

    def mark_of(self, shown: Shown) -> str:
        """What stands before the numbers of a card now."""
        return "" if shown.number == self._last else shown.mark

    def _marked(self, mark: str) -> int | None:
        newest_first = reversed(self._shown.values())
        return next((one.number for one in newest_first if one.mark == mark), None)

    def _choice(self, card: int | None, number: int) -> Choice | None:
        if card not in self._shown:
            return None
        choices = pressable(self._shown[card].reply)
        return choices[number - 1] if 0 < number <= len(choices) else None

    def _take(self, said: Said, reply: Reply) -> Shown:
        """Give a reply its place: the card that was pressed, or a new one."""
        self._let_rest(reply.follows)
        shown = self._new(reply)
        if reply.show is Show.HERE and said.number in self._shown:
            shown = replace(shown, number=said.number)
        if reply.show is not Show.NOTE or pressable(reply):
            # A note with nothing to press leaves the numbers to the card before it.
            self._last = shown.number
        return self._keep(shown)

    def _let_rest(self, subject: str | None) -> None:
        """A newer list of the same thing is the one that goes on being redrawn."""
        for one in list(self._shown.values()):
            if one.subject == subject is not None and one.reply.items:
                self._shown[one.number] = replace(one, subject=None)

    def _new(self, reply: Reply) -> Shown:
        self._counted += 1
        return Shown(self._counted, reply, reply.follows)

    def _keep(self, shown: Shown) -> Shown:
        self._shown[shown.number] = shown
        for number in list(self._shown)[:-_KEPT]:
            del self._shown[number]
        return shown

    def _redraw(self, shown: Shown, before: Reply | None = None) -> None:
        self._keep(shown)
        was_resting = before is not None and not before.busy
        if was_resting and shown.reply.items and not shown.reply.busy:
            # A list at rest is told in a line: nobody asked to see it all again.
            shown = replace(shown, reply=_headline(shown.reply))
        self._screen.redraw(shown)
        self.changed.set()

    def _find(self, card: Card) -> Shown | None:
        if card.place != self.place:
            return None
        shown = self._shown.get(int(card.message))
        return shown if shown and shown.subject == card.subject else None

    async def _refresh(self, shown: Shown, subject: str) -> None:
        kind = self._door.place_kind
        reader = Reader(PLATFORM, self._door.account, self.place, kind)
        try:
            reply = await self._door.dispatch.draw(line_of(subject), reader)
        except Exception:
            # A watcher: a card that cannot be drawn stays as it is.
            log.exception("draw", subject=subject)
            return
        if self._shown.get(shown.number) is shown and shown.reply != reply:
            self._redraw(replace(shown, reply=reply), shown.reply)

    async def _follow(self, shown: Shown, subject: str) -> None:
        card = Card(
            id=0,
            subject=subject,
            platform=PLATFORM,
            place=self.place,
            message=str(shown.number),
            person_id=None,
            account=self._door.account,
            line=line_of(subject),
            drawn="",
            place_kind=self._door.place_kind.value,
        )
        try:
            await self._door.outbox.follow(card, shown.reply)
        except Exception:
            # A chat loop: the answer is given; a card that could not be kept rests.
            log.exception("follow", subject=subject)
            self._redraw(replace(shown, subject=None))


def _headline(reply: Reply) -> Reply:
    return Reply(title=reply.title, tone=reply.tone, choices=reply.choices)


def _shows(shown: Shown, reply: Reply) -> bool:
    return reply.follows is not None and shown.subject == reply.follows


def line_of(subject: str) -> str:
    """The line that draws the card of a subject."""
    return f"show {subject}"


def named(shown: Shown) -> str:
    """What a card is about, in a few words."""
    return shown.reply.title or shown.reply.text or shown.subject or ""
