"""status: how everything is, in one screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from medianest_bot.core import pictures
from medianest_bot.core.command import Where, command
from medianest_bot.core.context import Context
from medianest_bot.core.health import SUBJECT, ServiceHealth, Standing, Up
from medianest_bot.core.pictures import Shade, Strip
from medianest_bot.core.reply import Choice, Item, Picture, Reply, Show, Tone
from medianest_bot.core.roles import Role
from medianest_bot.core.troubles import clock, service_name, worded
from medianest_bot.core.words import Sorry, _, ago, marked, n_, percent
from medianest_bot.services.errors import ServiceError
from medianest_bot.services.uptime_kuma import (
    Monitor,
    SignInTrouble,
    Snapshot,
    State,
)

ALL_WELL = marked("Everything is up")
NOTHING = marked("There is nothing to watch yet: no neighbour is set up.")
STATES = {
    Up.UP: marked("up"),
    Up.SLOW: marked("slow"),
    Up.DOWN: marked("down"),
    Up.UNKNOWN: marked("not checked yet"),
    State.UP: marked("up"),
    State.DOWN: marked("down"),
    State.PENDING: marked("being checked again"),
    State.MAINTENANCE: marked("in maintenance"),
    State.UNKNOWN: marked("paused"),
}
OLD = marked("Uptime Kuma does not answer; this is from {time}.")
NOT_YET = marked("Not everything has been checked yet")
CLOSED = marked("Uptime Kuma does not let me in. An admin can mend that.")
SIGN_IN: Mapping[str, str] = {
    SignInTrouble.NO_CREDENTIALS: marked(
        "Uptime Kuma wants to know who I am. Set UPTIME_KUMA_USERNAME and "
        "UPTIME_KUMA_PASSWORD, and start me again."
    ),
    SignInTrouble.WRONG_CREDENTIALS: marked(
        "Uptime Kuma refuses my user name or password. Check UPTIME_KUMA_USERNAME "
        "and UPTIME_KUMA_PASSWORD, and start me again."
    ),
    SignInTrouble.TOTP_NEEDED: marked(
        "Uptime Kuma asks for a six-digit code. Set UPTIME_KUMA_TOTP to the one your "
        "authenticator shows, and start me again at once."
    ),
    SignInTrouble.TOKEN_REFUSED: marked(
        "Uptime Kuma no longer accepts my sign-in, perhaps since its password was "
        "changed. Set UPTIME_KUMA_USERNAME and UPTIME_KUMA_PASSWORD, and start me "
        "again."
    ),
}
WATCHED = marked("{name}, seen by Uptime Kuma")
HOURS = 24


@command(
    "Show what is up, slow or down", role=Role.GUEST, where=Where.QUIETLY, reads=True
)
async def status(ctx: Context) -> Reply:
    return await drawn(ctx, ask=True)


async def drawn(ctx: Context, *, ask: bool = False) -> Reply:
    """The status card; without `ask`, from what is known."""
    standing = await ctx.house.health.standing(ask=ask)
    if not ask and _is_unasked(ctx, standing):
        # After a restart an old card knows more than we do.
        raise Sorry(NOT_YET)
    now = ctx.house.now()
    items = [_service(one, now) for one in standing.services]
    items += _watched(standing, now)
    if not items:
        return Reply(text=_(NOTHING))
    down = _down(standing)
    strips = _strips(standing, now)
    return Reply(
        title=_title(standing, down),
        text="\n".join(_notes(ctx, standing, now)),
        items=tuple(items),
        picture=await _picture(strips),
        choices=(Choice(_("Look again"), "status"),),
        tone=Tone.BAD if down else Tone.GOOD,
        follows=SUBJECT,
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


def _is_unasked(ctx: Context, standing: Standing) -> bool:
    """True until Uptime Kuma has answered, or not, for the first time."""
    has_heard = standing.kuma is not None or standing.trouble is not None
    return ctx.house.kuma is not None and not has_heard


def _title(standing: Standing, down: int) -> str:
    if down:
        return n_("{count} thing is down", "{count} things are down", down)
    is_known = all(one.state is not Up.UNKNOWN for one in standing.services)
    return _(ALL_WELL) if is_known else _(NOT_YET)


def _service(one: ServiceHealth, now: datetime) -> Item:
    parts = [_(STATES[one.state])]
    if one.since is not None and one.state is not Up.UNKNOWN:
        parts.append(_("since {time}", time=clock(one.since, now)))
    if one.response_ms is not None and one.state is not Up.DOWN:
        parts.append(_("{ms} ms", ms=round(one.response_ms)))
    parts += _uptimes(one.uptime_day, one.uptime_month)
    return Item(title=service_name(one.service), text=" · ".join(parts))


def _watched(standing: Standing, now: datetime) -> list[Item]:
    if standing.kuma is None:
        return []
    ours = {service_name(one.service) for one in standing.services}
    return [
        _monitor(one, now, is_ours=one.name in ours)
        for one in standing.kuma.value.monitors
    ]


def _monitor(one: Monitor, now: datetime, *, is_ours: bool) -> Item:
    title = _(WATCHED, name=one.name) if is_ours else one.name
    parts = [_(STATES[one.state])]
    if one.since is not None:
        parts.append(_("since {time}", time=clock(one.since, now)))
    if one.ping_ms is not None and one.state is State.UP:
        parts.append(_("{ms} ms", ms=round(one.ping_ms)))
    parts += _uptimes(one.uptime_day, one.uptime_month)
    if one.certificate_days is not None:
        days = one.certificate_days
        left = n_("certificate for {count} day", "certificate for {count} days", days)
        parts.append(left)
    return Item(title=title, text=" · ".join(parts))


def _uptimes(day: float | None, month: float | None) -> list[str]:
    shown = []
    if day is not None:
        shown.append(_("{percent} today", percent=_percent(day)))
    if month is not None:
        shown.append(_("{percent} in 30 days", percent=_percent(month)))
    return shown


def _percent(ratio: float) -> str:
    """Never rounded up to 100 %: one missed minute in a month still shows."""
    value = int(ratio * 10000) / 100
    return percent(value)


def _notes(ctx: Context, standing: Standing, now: datetime) -> list[str]:
    notes = []
    kept = standing.kuma
    if kept is not None and kept.is_stale:
        notes.append(_(OLD, time=clock(kept.at, now)))
    if standing.trouble is not None:
        notes += _troubles(ctx, standing.trouble, now, is_blind=kept is None)
    if kept is not None:
        notes += _announced(kept.value, now)
    return notes


def _troubles(
    ctx: Context, trouble: ServiceError, now: datetime, *, is_blind: bool
) -> list[str]:
    """Why Uptime Kuma is not there, or less of it than there could be."""
    if trouble.said not in SIGN_IN:
        return [worded(trouble, now)] if is_blind else []
    is_chosen = trouble.said == SignInTrouble.NO_CREDENTIALS and not is_blind
    if ctx.is_admin and not is_chosen:
        return [_(SIGN_IN[trouble.said])]
    return [_(CLOSED)] if is_blind else []


def _announced(snapshot: Snapshot, now: datetime) -> list[str]:
    said = []
    for incident in snapshot.incidents:
        when = f" ({ago(incident.at, now)})" if incident.at else ""
        said.append(
            _("Incident: {title}", title=incident.title)
            + when
            + (f"\n{incident.content}" if incident.content else "")
        )
    for one in snapshot.maintenance:
        text = _("Maintenance: {title}", title=one.title)
        if one.until is not None:
            text += " " + _("until {time}", time=clock(one.until, now))
        said.append(text if one.active else _("{what} (planned)", what=text))
    return said


def _down(standing: Standing) -> int:
    services = sum(one.state is Up.DOWN for one in standing.services)
    monitors = standing.kuma.value.monitors if standing.kuma else ()
    return services + sum(one.state is State.DOWN for one in monitors)


async def _picture(strips: tuple[Strip, ...]) -> Picture | None:
    if not strips:
        return None
    data = await asyncio.to_thread(pictures.day, strips)
    return Picture(alt=_("The last day, hour by hour"), data=data)


def _strips(standing: Standing, now: datetime) -> tuple[Strip, ...]:
    strips = [
        Strip(service_name(one.service), _hours_of(one, now))
        for one in standing.services
    ]
    if standing.kuma is not None:
        strips += [
            Strip(one.name, _beats_of(one, now))
            for one in standing.kuma.value.monitors
            if one.beats
        ]
    return tuple(strips)


def _hours_of(one: ServiceHealth, now: datetime) -> tuple[Shade, ...]:
    known = {hour.hour: hour for hour in one.hours}
    shades = []
    for begins in _last_hours(now):
        hour = known.get(begins)
        if hour is None or not hour.checks:
            shades.append(Shade.NOTHING)
        else:
            shades.append(_shade(hour.up / hour.checks))
    return tuple(shades)


def _beats_of(one: Monitor, now: datetime) -> tuple[Shade, ...]:
    hours: dict[datetime, list[State]] = {begins: [] for begins in _last_hours(now)}
    for beat in one.beats:
        begins = beat.at.replace(minute=0, second=0, microsecond=0)
        if begins in hours:
            hours[begins].append(beat.state)
    return tuple(_shade_of(states) for states in hours.values())


def _shade_of(states: list[State]) -> Shade:
    if State.MAINTENANCE in states:
        return Shade.MENDING
    judged = [state for state in states if state in (State.UP, State.DOWN)]
    if not judged:
        return Shade.NOTHING
    return _shade(judged.count(State.UP) / len(judged))


def _shade(ratio: float) -> Shade:
    if ratio == 1:
        return Shade.GOOD
    return Shade.POOR if ratio > 0.5 else Shade.BAD


def _last_hours(now: datetime) -> tuple[datetime, ...]:
    this = now.replace(minute=0, second=0, microsecond=0)
    return tuple(this - timedelta(hours=back) for back in reversed(range(HOURS)))
