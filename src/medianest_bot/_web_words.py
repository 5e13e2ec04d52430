"""What the sign-in pages say, in the reader's language.

A name comes from a chat and is somebody's free text. In sentences it stands between
two invisible marks, which keep its direction of writing from turning ours; the pages
make `<bdi>` of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from medianest_bot.core._link_types import Page, Visit
from medianest_bot.core.words import _, marked, n_

BEGIN, END = "\u2068", "\u2069"
"""Unicode's first strong isolate, and its end."""
_UNSHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What has no shape and could turn or break the text around a name."""
_LONGEST_NAME = 100

CHATS = {
    "discord": "Discord",
    "telegram": "Telegram",
    "console": marked("the terminal"),
}
_OPENS = ("https", "tg", "discord")
"""Addresses a button may open: the chats' own."""

HOW = {
    "discord": marked(
        "Go back to Discord, press “Enter the code” under the bot’s message and type "
        "these six digits."
    ),
    "telegram": marked("Go back to Telegram and send these six digits to the bot."),
}
HOW_ELSEWHERE = marked("Go back to the chat and enter these six digits there.")
AGAIN_IN_CHAT = marked("Go back to the chat and send /link again.")


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
    texts: tuple[str, ...]
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


@dataclass(frozen=True, slots=True)
class _Says:
    sign: str
    title: str
    texts: tuple[str, ...]


_ENDS = {
    Page.NOT_YET: _Says(
        "wait",
        marked("Plex has not told us yet"),
        (
            marked("If you have finished at Plex, wait a few seconds and try again."),
            marked(
                "If you left Plex half-way, go back to the chat and send /link again."
            ),
        ),
    ),
    Page.WAITING: _Says(
        "wait",
        marked("Almost done"),
        (
            marked("You have confirmed {account}. Now an admin has to say yes."),
            marked("You can close this page. The chat tells you how it went."),
        ),
    ),
    Page.DONE: _Says(
        "good",
        marked("You are linked"),
        (
            marked("{account} and {plex} belong together now."),
            marked("Go back to the chat; you can close this page."),
        ),
    ),
    Page.USED: _Says(
        "bad",
        marked("This link has been used"),
        (
            marked(
                "Somebody went on from here already: perhaps you, in another window or "
                "another browser. Then finish it there."
            ),
            marked("Otherwise go back to the chat and send /link again."),
        ),
    ),
    Page.CANCELLED: _Says(
        "good",
        marked("Nothing was linked"),
        (
            marked("This sign-in has been stopped, and the link works no more."),
            marked(
                "If somebody else sent you the link, that was right, and there is "
                "nothing more to do. If it was yours, go back to the chat and send "
                "/link again."
            ),
        ),
    ),
    Page.EXPIRED: _Says(
        "bad",
        marked("This link no longer works"),
        (
            marked("Links work once and only for a few minutes, to keep you safe."),
            AGAIN_IN_CHAT,
        ),
    ),
    Page.NO_ACCESS: _Says(
        "bad",
        marked("This Plex account does not reach our server"),
        (
            marked(
                "You signed in as {plex}, and the household has not shared its Plex "
                "server with that account. Nothing was linked."
            ),
            marked(
                "Ask whoever runs the server to share it with you. Or go back to the "
                "chat, send /link again and use another Plex account."
            ),
        ),
    ),
    Page.FOREIGN: _Says(
        "bad",
        marked("This belongs to another browser"),
        (
            marked(
                "A sign-in must end in the browser where it began. To keep you safe "
                "it has been stopped, and nothing was linked."
            ),
            marked(
                "If it was yours, go back to the chat, send /link again and stay in "
                "one browser. If somebody sent you here, tell an admin."
            ),
        ),
    ),
    Page.WRONG_CODE: _Says(
        "bad",
        marked("The digits were wrong too often"),
        (
            marked("This sign-in has been stopped, and nothing was linked."),
            AGAIN_IN_CHAT,
        ),
    ),
    Page.DENIED: _Says(
        "bad",
        marked("An admin said no"),
        (
            marked(
                "Nothing was linked. The chat tells you why, if a reason was given."
            ),
            marked("If you think it is a mistake, talk to whoever runs the server."),
        ),
    ),
    Page.PLEX_AWAY: _Says(
        "wait",
        marked("Plex does not answer"),
        (
            marked("It is not your fault, and nothing is lost."),
            marked("Wait a minute and try again."),
        ),
    ),
    Page.FAILED: _Says(
        "bad",
        marked("That did not work"),
        (
            marked("Plex gave an answer that made no sense, so nothing was linked."),
            AGAIN_IN_CHAT,
        ),
    ),
}
_REFUSED = _Says(
    "bad",
    marked("Please press that button again"),
    (
        marked("The page was too old, or your browser keeps no cookies for it."),
        marked("Open it again and press once more. Cookies must be allowed for it."),
    ),
)
_BUSY = _Says(
    "wait",
    marked("That was a bit much"),
    (
        marked("Too many pages were opened from your connection within a minute."),
        marked("Wait a minute and try again."),
    ),
)


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
    texts = [_("Enter them in your own chat only. Nobody else ever needs them.")]
    if visit.needs_approval:
        texts.insert(0, _("After that an admin has to say yes. The chat tells you."))
    return Code(
        title=_("One last step"),
        household=_named(visit.household),
        lead=_(
            "Plex says that you are {plex}. These six digits link that to {account}:",
            plex=_plex(visit),
            account=_account(visit),
        ),
        code=visit.code,
        how=_(HOW.get(visit.platform, HOW_ELSEWHERE)),
        way_back=_way_back(visit),
        open=_open(visit),
        texts=tuple(texts),
        note=n_(
            "The digits work for one more minute.",
            "The digits work for {count} more minutes.",
            max(1, visit.minutes_left),
        ),
    )


def end(visit: Visit) -> End:
    """Strangers who guess are not even told whose pages these are."""
    is_known = visit.page is not Page.EXPIRED
    return _ended(_ENDS[visit.page], visit, visit.household if is_known else "")


def refused() -> End:
    return _ended(_REFUSED, Visit(Page.FAILED, ""), "", _("Open the page again"))


def busy() -> End:
    return _ended(_BUSY, Visit(Page.FAILED, ""), "")


def _ended(says: _Says, visit: Visit, household: str, again: str = "") -> End:
    names = {"account": _account(visit), "plex": _plex(visit)}
    return End(
        title=_(says.title),
        household=_named(household),
        sign=says.sign,
        texts=tuple(_(text, **names) for text in says.texts),
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
    return _(CHATS.get(visit.platform, marked("the chat")))


def _way_back(visit: Visit) -> str:
    return visit.way_back if urlsplit(visit.way_back).scheme in _OPENS else ""


def _open(visit: Visit) -> str:
    return _("Open {chat}", chat=_chat(visit))
