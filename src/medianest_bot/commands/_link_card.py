"""The card of a sign-in: what is to be done next, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from medianest_bot.core._link_ground import subjects_of
from medianest_bot.core._link_types import LIVE, NOT_ME, Attempt, State
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Link, Reply, Show, Tone
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked, read_on

NO_SUCH = marked("There is no such sign-in.")
TITLE = marked("Sign in with Plex")
BY_TIME: Mapping[State, str] = {
    State.OPEN: marked(
        "Open the page and continue with your Plex account. At the end it shows you "
        "six digits, which you bring back here. The link is for you alone, and works "
        "until {time}."
    ),
    State.AT_PLEX: marked(
        "You have gone on to Plex. Sign in there; it brings you back to the page, "
        "which shows six digits. Enter them here by {time}."
    ),
}
CODE = marked(
    "Plex says you are {plex}. Enter the six digits that the page shows, by {time}."
)
TYPING = marked(
    "Open plex.tv/link, sign in with your Plex account, and type this code there: "
    "{code}\n\nIt works until {time}. Then an admin has to say yes."
)
AT_PLEX_AS: Mapping[State, str] = {
    State.WAITING: marked(
        "You are {plex} at Plex. Now an admin of this household has to say yes; I tell "
        "you as soon as they have."
    ),
    State.DONE: marked(
        "You are signed in as {plex}. Search for a film or a show and ask for it, send "
        "me the link of a video, or ask what is up: /help shows everything."
    ),
    State.NO_ACCESS: marked(
        "The Plex account {plex} cannot use this household's server. Ask an admin to "
        "share it with that account, or sign in with another one."
    ),
}
ENDS: Mapping[State, str] = {
    State.CANCELLED: marked("You cancelled this sign-in."),
    State.EXPIRED: marked("This sign-in took too long, so it has ended."),
    State.REPLACED: marked("You began anew: look at the newer message."),
    State.FOREIGN: marked(
        "The way back from Plex was opened in another browser, so I ended this, to be "
        "safe. Was it you? Then begin again, and stay in one browser. Was it not? "
        "Then somebody wanted to sign in as you: tell an admin."
    ),
    State.WRONG_CODE: marked("The digits were wrong three times, so this has ended."),
    State.DENIED: marked("An admin said no."),
    State.BLOCKED: marked("An admin said no."),
    State.FAILED: marked("That did not work at Plex. Please begin again."),
}
WELCOME = marked("Welcome, {name}.")
SAID_NOT_ME = marked(
    "On the page somebody pressed “This is not me”, so this sign-in has ended. If that "
    "was not you, the link came into other hands: tell an admin."
)
REASON = marked("They said: {reason}")
PAGE_FIRST = marked("Open the page first: only at the end does it show six digits.")
WHICH_DIGITS = marked("Which six digits does the page show?")

_AGAIN = frozenset({State.REPLACED, State.BLOCKED, State.DENIED})
"""After these there is nothing to begin again, or not from this card."""


async def by_number(ctx: Context, number: int) -> Reply:
    """For whom it is about, and nobody else."""
    attempt = await ctx.house.linking.get(number)
    if attempt is None:
        ctx.house.linking.forget((ctx.asked.platform, ctx.asked.account))
    if attempt is None or not _is_theirs(ctx, attempt):
        raise Sorry(NO_SUCH)
    return await drawn(ctx, attempt)


async def drawn(ctx: Context, attempt: Attempt) -> Reply:
    """How it stands, with what its asker can do now."""
    follows, _admins = subjects_of(attempt)
    if attempt.state in LIVE and not _is_asker(ctx, attempt):
        raise Sorry(NO_SUCH)
    is_typing = attempt.state is State.TYPING
    code = await ctx.house.linking.short_code(attempt) if is_typing else ""
    if ctx.person is None and not ctx.asked.locale and attempt.locale:
        # Nobody here yet: only the sign-in knows what language their chat speaks.
        read_on(attempt.locale)
    name = ctx.person.name if ctx.person else attempt.shown_name
    is_done = attempt.state is State.DONE
    return Reply(
        title=_(WELCOME, name=name) if is_done else _(TITLE),
        text=_words(ctx, attempt, code),
        links=_links(ctx, attempt, code),
        choices=_choices(ctx, attempt),
        copy=code,
        tone=_tone(attempt.state),
        follows=follows,
        only=True,
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


async def told_again(ctx: Context, attempt: Attempt) -> Reply:
    """How the last one ended, for who may not have seen it, and the next one.

    It follows nothing: drawn anew as the card of what ended, it would have no button.
    """
    again = Choice(_("Begin again"), "link again", Tone.GOOD)
    return replace(await drawn(ctx, attempt), choices=(again,), follows=None)


async def too_early(ctx: Context, attempt: Attempt) -> Reply:
    """Where the digits come from, for who brings some before the page shows any.

    It follows nothing: drawn anew, it would not say so any more.
    """
    card = await drawn(ctx, attempt)
    return replace(card, text=f"{_(PAGE_FIRST)}\n\n{card.text}", follows=None)


def _words(ctx: Context, attempt: Attempt, code: str) -> str:
    state, plex = attempt.state, attempt.plex_name or ""
    time = clock(attempt.expires_at, ctx.house.now())
    if state is State.TYPING:
        return _(TYPING, code=code, time=time)
    if state is State.CODE:
        return _(CODE, plex=plex, time=time)
    if state in BY_TIME:
        return _(BY_TIME[state], time=time)
    if state in AT_PLEX_AS:
        return _(AT_PLEX_AS[state], plex=plex)
    return _ended(attempt)


def _ended(attempt: Attempt) -> str:
    if attempt.state is State.CANCELLED and attempt.reason == NOT_ME:
        return _(SAID_NOT_ME)
    said = [_(ENDS[attempt.state])]
    if attempt.reason and attempt.state in (State.DENIED, State.BLOCKED):
        said.append(_(REASON, reason=attempt.reason))
    return "\n".join(said)


def _links(ctx: Context, attempt: Attempt, code: str) -> tuple[Link, ...]:
    if attempt.state is State.OPEN:
        return (Link(_(TITLE), ctx.house.linking.address(attempt), leads=True),)
    if attempt.state is State.TYPING:
        address = ctx.house.linking.typing_address(code)
        return (Link("plex.tv/link", address, leads=True),)
    return ()


def _choices(ctx: Context, attempt: Attempt) -> tuple[Choice, ...]:
    again = Choice(_("Begin again"), "link again")
    cancel = Choice(_("Cancel"), "link cancel", Tone.BAD)
    enter = Choice(_("Enter the code"), "link", Tone.GOOD, ask=_(WHICH_DIGITS))
    match attempt.state:
        case State.OPEN:
            return (enter, Choice(_("Show a QR code"), "link qr"), cancel)
        case State.AT_PLEX | State.CODE:
            return (enter, again, cancel)
        case State.TYPING | State.WAITING:
            return (cancel,)
        case State.DONE:
            return (Choice(_("What can I do?"), "help"),) if ctx.person else ()
        case ended if ended in _AGAIN:
            return ()
        case _:
            return (again,)


def _tone(state: State) -> Tone:
    if state is State.DONE:
        return Tone.GOOD
    return Tone.PLAIN if state in LIVE else Tone.WARN


def _is_asker(ctx: Context, attempt: Attempt) -> bool:
    asked = ctx.asked
    return (asked.platform, asked.account) == (attempt.platform, attempt.account)


def _is_theirs(ctx: Context, attempt: Attempt) -> bool:
    """Their account's, or told to them in another of their chats."""
    is_person = ctx.person is not None and ctx.person.id == attempt.person_id
    return is_person or _is_asker(ctx, attempt)
