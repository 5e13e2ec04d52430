"""How a sign-in can end, in words: for each page what happened and what to do now."""

from __future__ import annotations

from dataclasses import dataclass

from medianest_bot.core._link_types import Page
from medianest_bot.core.words import marked

AGAIN_IN_CHAT = marked("Go back to the chat and send /link again.")


@dataclass(frozen=True, slots=True)
class Says:
    """A sign above, what happened, what to do now; names are filled in later."""

    sign: str
    title: str
    text: str
    then: str


ENDS = {
    Page.NOT_YET: Says(
        "wait",
        marked("Plex has not told us yet"),
        marked("If you have finished at Plex, wait a few seconds and try again."),
        marked("If you left Plex half-way, go back to the chat and send /link again."),
    ),
    Page.WAITING: Says(
        "wait",
        marked("Almost done"),
        marked("You have confirmed {account}. Now an admin has to say yes."),
        marked("You can close this page. The chat tells you how it went."),
    ),
    Page.DONE: Says(
        "good",
        marked("You are linked"),
        marked("{account} and {plex} belong together now."),
        marked("Go back to the chat; you can close this page."),
    ),
    Page.USED: Says(
        "bad",
        marked("This link has been used"),
        marked(
            "Somebody went on from here already: perhaps you, in another window or "
            "another browser. Then finish it there."
        ),
        marked("Otherwise go back to the chat and send /link again."),
    ),
    Page.CANCELLED: Says(
        "good",
        marked("Nothing was linked"),
        marked("This sign-in has been stopped, and the link works no more."),
        marked(
            "If somebody else sent you the link, that was right, and there is "
            "nothing more to do. If it was yours, go back to the chat and send "
            "/link again."
        ),
    ),
    Page.EXPIRED: Says(
        "bad",
        marked("This link no longer works"),
        marked("Links work once and only for a few minutes, to keep you safe."),
        AGAIN_IN_CHAT,
    ),
    Page.NO_ACCESS: Says(
        "bad",
        marked("This Plex account does not reach our server"),
        marked(
            "You signed in as {plex}, and the household has not shared its Plex "
            "server with that account. Nothing was linked."
        ),
        marked(
            "Ask whoever runs the server to share it with you. Or go back to the "
            "chat, send /link again and use another Plex account."
        ),
    ),
    Page.FOREIGN: Says(
        "bad",
        marked("This belongs to another browser"),
        marked(
            "A sign-in must end in the browser where it began. To keep you safe "
            "it has been stopped, and nothing was linked."
        ),
        marked(
            "If it was yours, go back to the chat, send /link again and stay in "
            "one browser. If somebody sent you here, tell an admin."
        ),
    ),
    Page.WRONG_CODE: Says(
        "bad",
        marked("The digits were wrong too often"),
        marked("This sign-in has been stopped, and nothing was linked."),
        AGAIN_IN_CHAT,
    ),
    Page.DENIED: Says(
        "bad",
        marked("An admin said no"),
        marked("Nothing was linked. The chat tells you why, if a reason was given."),
        marked("If you think it is a mistake, talk to whoever runs the server."),
    ),
    Page.PLEX_AWAY: Says(
        "wait",
        marked("Plex does not answer"),
        marked("It is not your fault, and nothing is lost."),
        marked("Wait a minute and try again."),
    ),
    Page.FAILED: Says(
        "bad",
        marked("That did not work"),
        marked("Plex gave an answer that made no sense, so nothing was linked."),
        AGAIN_IN_CHAT,
    ),
}
HOME = Says(
    "good",
    marked("A household’s bot lives here"),
    marked("Talk to it in its chat, in Telegram or Discord."),
    marked("To sign in, send it /link there: it answers with a link for you alone."),
)
REFUSED = Says(
    "bad",
    marked("Please press that button again"),
    marked("The page was too old, or your browser keeps no cookies for it."),
    marked("Open it again and press once more. Cookies must be allowed for it."),
)
BUSY = Says(
    "wait",
    marked("That was a bit much"),
    marked("Too many pages were opened from your connection within a minute."),
    marked("Wait a minute and try again."),
)
