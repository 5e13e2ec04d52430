"""What the sign-in pages say, in the reader's language.

A name comes from a chat and is somebody's free text. In sentences it stands between
two invisible marks, which keep its direction of writing from turning ours; the pages
make `<bdi>` of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from medianest_bot._web_ends import BUSY, ENDS, HOME, REFUSED, Says
from medianest_bot.core._link_types import Page, Visit
from medianest_bot.core.words import CHATS, _, marked, n_

BEGIN, END = "\u2068", "\u2069"
"""Unicode's first strong isolate, and its end."""
_UNSHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What has no shape and could turn or break the text around a name."""
_LONGEST_NAME = 64

_HERE = CHATS | {"console": marked("the terminal")}
_SOME_CHAT = marked("the chat")
_OPENS = ("https", "tg", "discord")
"""Addresses a button may open: the chats' own."""

HOW = {
    "discord": marked(
        "Go back to Discord, press “Enter the code” under the bot’s message and type "
        "these six digits."
    ),
    "telegram": marked("Go back to Telegram and send these six digits to the bot."),
}
HOW_OPENING = {
    "telegram": marked(
        "Press the button, then press Start in Telegram: the digits come along by "
        "themselves. Or send them to the bot."
    ),
}
"""Where the button takes the digits along."""
HOW_ELSEWHERE = marked("Go back to the chat and enter these six digits there.")


@dataclass(frozen=True, slots=True)
class Start:
    """Whose chat account is linked, and what the bot will see."""

    title: str
    household: str
    lead: str
    chat: str
    name: str
    only_if: str
    sees: str
    seen: tuple[str, ...]
    sees_not: str
    unseen: tuple[str, ...]
    key: str
    go_on: str
    not_me: str
    note: str


@dataclass(frozen=True, slots=True)
class Code:
    """The six digits, and how to bring them to the chat."""

    title: str
    household: str
    lead: str
    code: str
    how: str
    way_back: str
    open: str
    care: str
    later: str
    note: str


@dataclass(frozen=True, slots=True)
class End:
    """What happened, and what to do now."""

    title: str
    household: str
    sign: str
    texts: tuple[str, ...]
    way_back: str
    open: str
    again: str
    note: str = ""


def start(visit: Visit) -> Start:
    left = max(1, visit.minutes_left)
    return Start(
        title=_("Sign in with Plex"),
        household=_named(visit.household),
        lead=_("This chat account will be linked to your Plex account:"),
        chat=_chat(visit),
        name=_named(visit.shown_name),
        only_if=_("Go on only if it is yours and you have just asked for this."),
        sees=_("What the bot will see"),
        seen=(
            _("Who you are at Plex: your name and your number there"),
            _("Whether you may use this household’s Plex server"),
        ),
        sees_not=_("What it neither sees nor keeps"),
        unseen=(_("Your password"), _("Your e-mail address"), _("What you watch")),
        key=_("The key that Plex gives is used once, then signed out and forgotten."),
        go_on=_("Continue with Plex"),
        not_me=_("This is not me"),
        note=n_(
            "This page works for one more minute.",
            "This page works for {count} more minutes.",
            left,
        ),
    )


def code(visit: Visit) -> Code:
    later = _("After that an admin has to say yes. The chat tells you.")
    return Code(
        title=_("One last step"),
        household=_named(visit.household),
        lead=_(
            "Plex says that you are {plex}. These six digits link that to {account}:",
            plex=_plex(visit),
            account=_account(visit),
        ),
        code=visit.code,
        how=_how(visit),
        way_back=_way_back(visit),
        open=_open(visit),
        care=_("Enter them in your own chat only. Nobody else ever needs them."),
        later=later if visit.needs_approval else "",
        note=n_(
            "The digits work for one more minute.",
            "The digits work for {count} more minutes.",
            max(1, visit.minutes_left),
        ),
    )


def end(visit: Visit) -> End:
    """Strangers who guess are not even told whose pages these are."""
    is_known = visit.page is not Page.EXPIRED
    return _ended(ENDS[visit.page], visit, visit.household if is_known else "")


def home() -> End:
    """For who opened the bare address: whose it is stays untold."""
    return _ended(HOME, Visit(Page.FAILED, ""), "")


def refused() -> End:
    return _ended(REFUSED, Visit(Page.FAILED, ""), "", _("Open the page again"))


def busy() -> End:
    return _ended(BUSY, Visit(Page.FAILED, ""), "")


def _ended(says: Says, visit: Visit, household: str, again: str = "") -> End:
    names = {"account": _account(visit), "plex": _plex(visit)}
    return End(
        title=_(says.title),
        household=_named(household),
        sign=says.sign,
        texts=(_(says.text, **names), _(says.then, **names)),
        way_back=_way_back(visit),
        open=_open(visit),
        again=again or _("Try again"),
    )


def _named(name: str) -> str:
    """A name of one line, kept apart from the direction of what is around it."""
    clean = " ".join(_UNSHOWN.sub(" ", name).split())
    short = clean if len(clean) <= _LONGEST_NAME else f"{clean[: _LONGEST_NAME - 1]}…"
    return f"{BEGIN}{short}{END}" if short else ""


def _account(visit: Visit) -> str:
    if not visit.shown_name:
        return _("your chat account")
    return _("{name} on {chat}", name=_named(visit.shown_name), chat=_chat(visit))


def _plex(visit: Visit) -> str:
    return _named(visit.plex_name) or _("your Plex account")


def _chat(visit: Visit) -> str:
    return _(_HERE.get(visit.platform, _SOME_CHAT))


def _how(visit: Visit) -> str:
    if visit.code and visit.code in _way_back(visit):
        return _(HOW_OPENING.get(visit.platform, HOW_ELSEWHERE))
    return _(HOW.get(visit.platform, HOW_ELSEWHERE))


def _way_back(visit: Visit) -> str:
    return visit.way_back if urlsplit(visit.way_back).scheme in _OPENS else ""


def _open(visit: Visit) -> str:
    return _("Open {chat}", chat=_chat(visit))
