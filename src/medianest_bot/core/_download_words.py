"""States of downloads, and how refusals and failures are told."""

from __future__ import annotations

from enum import StrEnum

from medianest_bot.core.line import clean
from medianest_bot.core.words import marked
from medianest_bot.services.lanes import FailKind
from medianest_bot.services.sites import Reason


class Job(StrEnum):
    """What a whole download is doing."""

    QUEUED = "queued"
    ASKING = "asking"
    """A long playlist: waits for the person to say yes."""
    DOWNLOADING = "downloading"
    INDEXING = "indexing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_moving(self) -> bool:
        """True while more happens by itself."""
        return self in (Job.QUEUED, Job.DOWNLOADING, Job.INDEXING)

    @property
    def is_over(self) -> bool:
        return self in (Job.DONE, Job.FAILED, Job.CANCELLED)


class Part(StrEnum):
    """What one video of a download is doing."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    RETRY_WAIT = "retry_wait"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        return self in OPEN


OPEN = (Part.WAITING, Part.DOWNLOADING, Part.RETRY_WAIT)

REFUSALS = {
    Reason.MALFORMED: marked("That is not a link I can read. Paste the whole address."),
    Reason.TOO_LONG: marked("That link is too long."),
    Reason.CHARACTERS: marked("That link has characters no link should have."),
    Reason.SCHEME: marked("Only links that begin with http or https work."),
    Reason.CREDENTIALS: marked("Links with a name and password in them are not taken."),
    Reason.SMUGGLED: marked(
        "That link carries hidden instructions; I will not use it."
    ),
    Reason.PRIVATE: marked(
        "That link leads into a private network; I will not go there."
    ),
    Reason.UNKNOWN_SITE: marked(
        "I may not download from that site. Ask your admin to allow it."
    ),
}

FAILURES = {
    FailKind.PERMANENT: marked("It is not available: gone, private or not a video."),
    FailKind.BOT: marked("The site wants a sign-in right now. Try again later."),
    FailKind.RATE: marked("The site says there were too many downloads. Try later."),
    FailKind.TRANSIENT: marked("The connection kept breaking. Try again later."),
    FailKind.LOCAL: marked(
        "The server's disk or folder has a problem. Ask your admin."
    ),
    FailKind.OUTDATED: marked("The downloader needs an update. Ask your admin."),
    FailKind.REFUSED: marked("It is too large, too long, live, or not allowed here."),
    FailKind.STOPPED: marked("It was interrupted."),
}

NOT_IN_PLEX_YET = "not_in_plex"
NO_LIBRARY = "no_library"
NOTES = {
    NOT_IN_PLEX_YET: marked("The files are there, but Plex has not shown them yet."),
    NO_LIBRARY: marked(
        "The files are there, but no Plex library holds their folder. Ask your admin."
    ),
}
"""What is said about a download although its files are all there."""

LONGEST_TITLE = 200


def title_of(text: str, otherwise: str) -> str:
    """A title as one plain line; `otherwise` where nothing of it could be seen."""
    plain = clean(text[: 2 * LONGEST_TITLE])[:LONGEST_TITLE].strip()
    is_seen = any(char.isprintable() and not char.isspace() for char in plain)
    return plain if is_seen else otherwise
