"""download: a video or a playlist, into the household's library."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from medianest_bot.core.command import Param, command
from medianest_bot.core.context import Context
from medianest_bot.core.downloads import FAILURES, NOTES, Job, Whole
from medianest_bot.core.reply import Choice, Link, Progress, Reply, Show, Tone
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import _, marked, n_, size, span
from medianest_bot.services.lanes import FailKind, Stage
from medianest_bot.services.lanes import Progress as Live

GONE = marked("That download is no longer there.")
THERE = marked("You have it already.")
SOON = marked("It broke off; I try again in a moment.")
PAUSE = marked("It does not work right now; I try again at {time}.")
SOON_S = 60
STATES = {
    Job.QUEUED: marked("Looking at the link"),
    Job.ASKING: marked("That is a long list. Download all of it?"),
    Job.DOWNLOADING: marked("Downloading"),
    Job.INDEXING: marked("Waiting for Plex to show it"),
    Job.DONE: marked("Done"),
    Job.FAILED: marked("That did not work"),
    Job.CANCELLED: marked("Cancelled"),
}
TONES = {
    Job.ASKING: Tone.WARN,
    Job.DONE: Tone.GOOD,
    Job.FAILED: Tone.BAD,
    Job.CANCELLED: Tone.PLAIN,
}


class As(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


@command(
    "Download a video or a playlist into the library",
    notes=marked("Works with the sites the admin allows."),
)
async def download(
    ctx: Context,
    url: Annotated[
        str, Param("the link", example="https://www.youtube.com/watch?v=aqz-KE-bpKQ")
    ],
    as_: Annotated[As, Param("what to keep of it")] = As.VIDEO,
) -> Reply:
    added = await ctx.house.downloads.add(ctx.member, url, audio=as_ is As.AUDIO)
    card = await drawn(ctx, added.download.id)
    if added.is_new or added.download.state != Job.DONE:
        return card
    return replace(card, text=f"{_(THERE)}\n{card.text}")


async def drawn(ctx: Context, number: int) -> Reply:
    """The card of a download, for its owner or an admin; asks nobody."""
    whole = await ctx.house.downloads.whole(number)
    show = Show.HERE if ctx.asked.pressed else Show.NEW
    is_theirs = whole and ctx.person and whole.download.person_id == ctx.person.id
    if whole is None or not (is_theirs or ctx.is_admin):
        return Reply(text=_(GONE), tone=Tone.WARN, show=show)
    return Reply(
        title=whole.download.title,
        text=_text(whole, ctx.house.now()),
        progress=_progress(whole),
        choices=_choices(whole) if is_theirs else (),
        links=_links(whole),
        tone=TONES.get(whole.state, Tone.BUSY),
        follows=f"download:{number}",
        busy=whole.state.is_moving,
        show=show,
        only=True,
    )


def _text(whole: Whole, now: datetime) -> str:
    lines = [_(STATES[whole.state])]
    if whole.state is Job.ASKING:
        lines.append(n_("{count} video", "{count} videos", len(whole.items)))
    if whole.state is Job.DONE:
        lines.append(_contents(whole))
    if whole.state is Job.FAILED:
        lines.append(_why(whole.download.error))
    note = NOTES.get(whole.download.error or "")
    if note is not None:
        lines.append(_(note))
    if whole.failed and whole.state is not Job.FAILED:
        lines.append(_failed(whole))
    if whole.rests_until is not None:
        lines.append(_pause(whole.rests_until, now))
    return "\n".join(lines)


def _failed(whole: Whole) -> str:
    failed = n_(
        "{count} video did not work",
        "{count} videos did not work",
        len(whole.failed),
    )
    return f"{failed}: {_why(whole.failed[0].error)}"


def _pause(until: datetime, now: datetime) -> str:
    if (until - now).total_seconds() < SOON_S:
        return _(SOON)
    return _(PAUSE, time=clock(until, now))


def _contents(whole: Whole) -> str:
    count = len(whole.done)
    bytes_ = sum(item.size or 0 for item in whole.done)
    if whole.download.audio:
        return n_(
            "{count} recording, {size}",
            "{count} recordings, {size}",
            count,
            size=size(bytes_),
        )
    return n_(
        "{count} video, {size}", "{count} videos, {size}", count, size=size(bytes_)
    )


def _why(error: str | None) -> str:
    known = {kind.value: text for kind, text in FAILURES.items()}
    return _(known.get(error or "", FAILURES[FailKind.PERMANENT]))


def _progress(whole: Whole) -> Progress | None:
    if whole.state is not Job.DOWNLOADING or not whole.items:
        return Progress(None) if whole.state is Job.INDEXING else None
    total, over = len(whole.items), len(whole.items) - len(whole.open)
    within = sum(_fraction(one) for one in whole.live)
    parts = []
    if whole.download.is_playlist:
        number = min(total, over + max(1, len(whole.live)))
        parts.append(_("{number} of {total}", number=number, total=total))
    # Whole percents: what nobody sees must not redraw a card.
    fraction = round(min(1.0, (over + within) / total), 2)
    return Progress(fraction, " · ".join(parts + _speed(whole.live)))


def _fraction(live: Live) -> float:
    if live.stage is Stage.PROCESSING:
        return 1.0
    return min(1.0, live.downloaded / live.total) if live.total else 0.0


def _speed(live: tuple[Live, ...]) -> list[str]:
    if live and all(one.stage is Stage.PROCESSING for one in live):
        return [_("putting it together")]
    speed = sum(one.speed or 0 for one in live)
    left = [one.eta_s for one in live if one.eta_s]
    parts = [_("{size} a second", size=size(speed))] if speed else []
    return parts + ([_("{time} left", time=span(max(left)))] if left else [])


def _choices(whole: Whole) -> tuple[Choice, ...]:
    is_lacking = bool(whole.failed or whole.download.error)
    return choices(whole.download.id, whole.state, is_lacking=is_lacking)


def choices(number: int, state: Job, *, is_lacking: bool) -> tuple[Choice, ...]:
    """What its owner can do; `is_lacking` where another try may help."""
    cancel = Choice(_("Cancel"), f"downloads cancel {number}", Tone.BAD)
    if state is Job.ASKING:
        go = Choice(_("Download all"), f"downloads confirm {number}", Tone.GOOD)
        return (go, cancel)
    if state.is_moving:
        return (cancel,)
    again = Choice(_("Try again"), f"downloads retry {number}")
    delete = Choice(_("Delete"), f"downloads delete {number}", Tone.BAD)
    is_lacking = is_lacking or state in (Job.FAILED, Job.CANCELLED)
    return (again, delete) if is_lacking else (delete,)


def _links(whole: Whole) -> tuple[Link, ...]:
    link = whole.download.link
    return (Link(_("Open in Plex"), link),) if link else ()
