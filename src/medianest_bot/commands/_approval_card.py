"""The card of somebody who wants to come in, as admins see it."""

from __future__ import annotations

from collections.abc import Mapping

from medianest_bot.core._link_ground import subjects_of
from medianest_bot.core._link_types import Attempt, State
from medianest_bot.core.approvals import AN_ADMINS
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Field, Reply, Show, Tone
from medianest_bot.core.roles import ADMIN_PLACES, Role
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked

NO_SUCH = marked("There is no such sign-in.")
TITLE = marked("{name} wants to come in")
ASKS = marked(
    "{name} signed in with Plex as {plex}. Approve it only if you are sure that this "
    "chat account is theirs: ask them, not in this chat."
)
SHARED = marked("{names} uses this Plex account here already.")
NAMESAKE = marked(
    "{name} is somebody here already, and this chat account is not theirs so far."
)
ACCESS: Mapping[str, str] = {
    "owner": marked("owns the server"),
    "shared": marked("may use the server"),
}
ENDS: Mapping[State, str] = {
    State.DONE: marked("Approved by {by}."),
    State.DENIED: marked("Denied by {by}."),
    State.BLOCKED: marked("Blocked by {by}."),
}
OVER: Mapping[State, str] = {
    State.EXPIRED: marked("Nobody said anything in time."),
    State.CANCELLED: marked("They do not want to any more."),
}
IS_OVER = marked("This is over.")
WHY = marked("What shall I tell them?")
SHOWN_SHARERS = 3


async def by_number(ctx: Context, number: int) -> Reply:
    if not ctx.is_admin or ctx.asked.place.kind not in ADMIN_PLACES:
        raise Sorry(NO_SUCH)
    attempt = await ctx.house.approvals.get(number)
    if attempt is None or attempt.plex_id is None:
        raise Sorry(NO_SUCH)
    return await drawn(ctx, attempt)


async def drawn(ctx: Context, attempt: Attempt) -> Reply:
    _line, follows = subjects_of(attempt)
    waits = attempt.state is State.WAITING
    sharers = await ctx.house.approvals.sharers(attempt) if waits else ()
    return Reply(
        title=_(TITLE, name=attempt.shown_name),
        text=await _words(ctx, attempt, sharers),
        fields=await _fields(ctx, attempt),
        choices=_choices(attempt, sharers) if waits else (),
        tone=_tone(attempt.state),
        follows=follows,
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


async def _words(ctx: Context, attempt: Attempt, sharers: tuple[Person, ...]) -> str:
    plex = attempt.plex_name or ""
    if attempt.state is State.WAITING:
        said = [_(ASKS, name=attempt.shown_name, plex=plex)]
        if sharers:
            names = ", ".join(one.name for one in sharers)
            said.append(_(SHARED, names=names))
        said += [_(NAMESAKE, name=one.name) for one in await _namesakes(ctx, attempt)]
        said += [_(AN_ADMINS, name=one.name) for one in sharers if _is_kept(one)]
        return "\n".join(said)
    if attempt.state not in ENDS:
        return _(OVER[attempt.state]) if attempt.state in OVER else _(IS_OVER)
    async with ctx.house.store.read() as db:
        by = await people.get(db, attempt.decided_by or 0)
    said = [_(ENDS[attempt.state], by=by.name if by else "…")]
    if attempt.reason and attempt.state in (State.DENIED, State.BLOCKED):
        said.append(attempt.reason)
    return "\n".join(said)


async def _namesakes(ctx: Context, attempt: Attempt) -> tuple[Person, ...]:
    """Anybody can call themselves like somebody we know."""
    async with ctx.house.store.read() as db:
        found = await people.find(db, attempt.shown_name)
    is_other = found is not None and found.id != attempt.person_id
    return (found,) if found is not None and is_other else ()


async def _fields(ctx: Context, attempt: Attempt) -> tuple[Field, ...]:
    # First what nobody can choose: a name may look like any account.
    who = f"{attempt.platform}:{attempt.account} ({attempt.shown_name})"
    access = ACCESS.get(attempt.access or "")
    plex = f"{attempt.plex_name} ({attempt.plex_id})"
    async with ctx.house.store.read() as db:
        known = await people.get(db, attempt.person_id or 0)
    fields = [Field(_("Chat account"), who), Field(_("Plex account"), plex)]
    if access is not None:
        fields.append(Field(_("Access"), _(access)))
    if known is not None:
        fields.append(Field(_("Known here as"), known.name))
    since = clock(attempt.created_at, ctx.house.now())
    return (*fields, Field(_("Since"), since))


def _choices(attempt: Attempt, sharers: tuple[Person, ...]) -> tuple[Choice, ...]:
    line = f"admin links {attempt.id}"
    same = [
        Choice(_("It is {name}", name=one.name), f"{line} same who:{one.id}", Tone.GOOD)
        for one in sharers[:SHOWN_SHARERS]
        if attempt.person_id is None and not _is_kept(one)
    ]
    label = _("Somebody else: share it") if sharers else _("Approve")
    return (
        *same,
        Choice(label, f"{line} approve", Tone.GOOD),
        Choice(_("Deny"), f"{line} deny", Tone.BAD, ask=_(WHY)),
        Choice(_("Block"), f"{line} block", Tone.BAD),
    )


def _is_kept(one: Person) -> bool:
    """An admin: nobody else's account becomes theirs by signing in."""
    return one.role is Role.ADMIN


def _tone(state: State) -> Tone:
    if state is State.WAITING:
        return Tone.WARN
    return Tone.GOOD if state is State.DONE else Tone.PLAIN
