"""The card that follows a request, drawn from its row alone."""

from __future__ import annotations

from medianest_bot.commands import _titles
from medianest_bot.core import seasons
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Field, Link, Picture, Progress, Reply, Tone
from medianest_bot.core.requests import Reason, State
from medianest_bot.core.store import people
from medianest_bot.core.store.requests import MediaRequest
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked
from medianest_bot.services.media import Kind

NO_SUCH = marked("There is no request number {number} any more.")

STATES = {
    State.KEPT: marked("kept, not asked yet"),
    State.NEEDS_ADMIN: marked("waiting for an admin"),
    State.PENDING: marked("waiting for approval"),
    State.APPROVED: marked("approved"),
    State.DOWNLOADING: marked("downloading"),
    State.PARTLY: marked("partly there"),
    State.AVAILABLE: marked("ready to watch"),
    State.DECLINED: marked("declined"),
    State.FAILED: marked("did not work"),
    State.CANCELLED: marked("cancelled"),
}
SENTENCES = {
    State.KEPT: marked("It is written down and goes to Seerr in a moment."),
    State.NEEDS_ADMIN: marked(
        "It is kept. An admin has been asked to tell me who you are in Seerr; "
        "then it goes there by itself."
    ),
    State.PENDING: marked("Asked for. Now it waits for somebody to approve it."),
    State.APPROVED: marked("Approved. It is being looked for."),
    State.DOWNLOADING: marked("It is being downloaded."),
    State.PARTLY: marked("A part of it can be watched; the rest is on its way."),
    State.AVAILABLE: marked("It can be watched now."),
    State.DECLINED: marked("It was declined."),
    State.FAILED: marked("That did not work. An admin can see why in Seerr."),
    State.CANCELLED: marked("It was cancelled."),
}
REASONS = {
    Reason.QUOTA: marked("You have asked for as much as Seerr lets you for now."),
    Reason.PERMISSION: marked("Seerr does not let you ask for that. Ask an admin."),
    Reason.BLOCKLISTED: marked("It is on the list of titles that nobody may ask for."),
    Reason.NO_SEASONS: marked("All its seasons are there or asked for already."),
    Reason.UNKNOWN_TITLE: marked("Seerr does not know that title."),
    Reason.REFUSED: marked("Seerr did not take it. An admin can see why in Seerr."),
    Reason.DELETED: marked("Somebody deleted it in Seerr."),
    Reason.BROKEN: marked("Seerr could not start it. An admin can try again there."),
    Reason.AWAY: marked(
        "Seerr does not answer right now. It is kept and goes there by itself."
    ),
    Reason.KEY: marked(
        "Seerr does not let me in right now. It is kept; the admins know."
    ),
    Reason.CSRF: marked(
        "Seerr does not let me in right now. It is kept; the admins know."
    ),
}
FOR_ADMINS = {
    Reason.KEY: marked(
        "Seerr refuses my key. Set OVERSEERR_API_KEY to the one shown in its settings."
    ),
    Reason.CSRF: marked(
        "Seerr refuses all requests: its CSRF protection is on. Turn it off in its "
        "network settings."
    ),
}
WHO_IS = marked("{name} has no Seerr user yet. Say which one, and it goes there.")
TONES = {
    State.AVAILABLE: Tone.GOOD,
    State.DOWNLOADING: Tone.BUSY,
    State.APPROVED: Tone.BUSY,
    State.PARTLY: Tone.BUSY,
    State.DECLINED: Tone.BAD,
    State.FAILED: Tone.BAD,
    State.KEPT: Tone.WARN,
    State.NEEDS_ADMIN: Tone.WARN,
}
MOVES_BY_ITSELF = (
    State.KEPT,
    State.APPROVED,
    State.DOWNLOADING,
    State.PARTLY,
)
"""Not PENDING: that waits for a person."""
ALREADY = marked("That was asked for already.")
CANCEL = marked("Cancel")
LET_GO = marked("Stop following")


async def by_number(ctx: Context, number: int) -> Reply:
    """The card of `request:17`. Raises Sorry where the reader has none such."""
    row = await ctx.house.requests.read(number)
    if row is None or not (_is_own(ctx, row) or ctx.is_admin):
        raise Sorry(NO_SUCH, number=number)
    return await of_row(ctx, row)


async def of_row(ctx: Context, row: MediaRequest, note: str = "") -> Reply:
    """The card as its reader may see it."""
    who = await _owner(ctx, row)
    sentence = _sentence(ctx, row, who)
    state = State(row.state)
    return Reply(
        title=name(row),
        text=f"{note}\n{sentence}".strip(),
        fields=_fields(row, who),
        picture=Picture(alt=name(row), source=row.poster) if row.poster else None,
        progress=_progress(ctx, row),
        choices=(*_pick(ctx, row), *choices(ctx, row)),
        links=_links(ctx, row),
        tone=TONES.get(state, Tone.PLAIN),
        follows=f"request:{row.id}",
        busy=state in MOVES_BY_ITSELF,
    )


def name(row: MediaRequest) -> str:
    if row.title:
        return _titles.headline(row.title, row.year)
    return f"{_(_titles.KINDS[Kind(row.kind)])} {row.tmdb_id}"


def state_of(row: MediaRequest) -> str:
    """Where it stands in a word or two: "downloading, 40 %"."""
    text = _(STATES[State(row.state)])
    if row.state == State.DOWNLOADING and row.percent is not None:
        return f"{text}, {row.percent:.0f} %"
    return text


def choices(
    ctx: Context, row: MediaRequest, where: str = "requests"
) -> tuple[Choice, ...]:
    """What its reader can do with it; `where` is the line of the list it stands in."""
    if not _is_own(ctx, row) or not State(row.state).can_be_cancelled:
        return ()
    label = _(LET_GO if row.reason == Reason.FOLLOWED else CANCEL)
    return (Choice(label, f"{where} cancel:{row.id}", Tone.BAD),)


def _pick(ctx: Context, row: MediaRequest) -> tuple[Choice, ...]:
    """What it waits for is an admin's to say."""
    if row.state != State.NEEDS_ADMIN or not ctx.is_admin:
        return ()
    line = f"admin people seerr name:{row.person_id}"
    return (Choice(_("Pick the Seerr user"), line, Tone.GOOD),)


def _is_own(ctx: Context, row: MediaRequest) -> bool:
    return ctx.person is not None and ctx.person.id == row.person_id


async def _owner(ctx: Context, row: MediaRequest) -> str:
    """Whose it is, for admins only; empty where it is the reader's own."""
    if _is_own(ctx, row) or not ctx.is_admin:
        return ""
    async with ctx.house.store.read() as db:
        person = await people.get(db, row.person_id)
    return person.name if person else ""


def _sentence(ctx: Context, row: MediaRequest, who: str) -> str:
    reason = Reason(row.reason) if row.reason in list(Reason) else None
    if row.state == State.NEEDS_ADMIN and (who or ctx.is_admin):
        return _(WHO_IS, name=who or ctx.member.name)
    if ctx.is_admin and reason in FOR_ADMINS:
        return _(FOR_ADMINS[reason])
    if reason in REASONS:
        return _(REASONS[reason])
    return _(SENTENCES[State(row.state)])


def _fields(row: MediaRequest, who: str) -> tuple[Field, ...]:
    fields = []
    if row.seasons:
        fields.append(Field(_("Seasons"), seasons.shown(row.seasons)))
    if who:
        fields.append(Field(_("Asked for by"), who))
    return tuple(fields)


def _progress(ctx: Context, row: MediaRequest) -> Progress | None:
    if row.state != State.DOWNLOADING or row.percent is None:
        return None
    text = ""
    if row.eta is not None and row.eta > ctx.house.now():
        text = _("ready about {time}", time=clock(row.eta, ctx.house.now()))
    return Progress(row.percent / 100, text)


def _links(ctx: Context, row: MediaRequest) -> tuple[Link, ...]:
    if row.state not in (State.AVAILABLE, State.PARTLY):
        return ()
    kind, house = Kind(row.kind), ctx.house
    key = house.search.plex_key(kind, row.tmdb_id)
    return _titles.links(ctx, key or house.requests.plex_key(kind, row.tmdb_id))
