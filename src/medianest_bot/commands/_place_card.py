"""The card of a chat: what it is to the household, and buttons to say so."""

from __future__ import annotations

from collections.abc import Mapping

from medianest_bot.core.context import Context
from medianest_bot.core.places import BY_SETTINGS, OURS, subject_of
from medianest_bot.core.reply import Choice, Field, Reply, Show, Tone
from medianest_bot.core.roles import ADMIN_PLACES, PlaceKind
from medianest_bot.core.store.places import Row
from medianest_bot.core.words import _, marked

LABELS: Mapping[PlaceKind, str] = {
    PlaceKind.HOUSEHOLD: marked("Family chat"),
    PlaceKind.ADMIN: marked("Admin room"),
    PlaceKind.OTHER: marked("Not ours"),
}
MEANINGS: Mapping[PlaceKind, str] = {
    PlaceKind.HOUSEHOLD: marked(
        "Family chat: everybody in it may search and look around, members may ask "
        "for titles."
    ),
    PlaceKind.ADMIN: marked(
        "Admin room: admins may do there all they may do; people I do not know get "
        "no answer."
    ),
    PlaceKind.OTHER: marked("Not ours: I leave it."),
}
STANDS: Mapping[PlaceKind, str] = {
    PlaceKind.HOUSEHOLD: marked("This is a family chat."),
    PlaceKind.ADMIN: marked("This is an admin room."),
    PlaceKind.OTHER: marked("This chat is not ours: I leave it."),
}
WHAT_IS_IT = marked("What is this chat? Until an admin says it, I answer only admins.")
WHO_WAS_IT = marked(
    "Somebody who is no admin here added me to this chat. What is it? If no admin says "
    "it within a day, I leave."
)
NOT_THERE = marked("I am not in this chat.")
CHANGE = marked("To change that, send me “/admin place” in a direct message.")

_TONES = {PlaceKind.NEW: Tone.WARN, PlaceKind.OTHER: Tone.PLAIN}


def drawn(ctx: Context, platform: str, chat: str) -> Reply:
    """What a chat is, as this admin may read it where they are."""
    places = ctx.house.places
    row, kind = places.row(platform, chat), places.kind(platform, chat)
    where = f"{platform}:{chat}"
    is_preset = places.is_preset(platform, chat)
    is_known = is_preset or row is not None
    choices = _choices(ctx, where, kind) if is_known and not is_preset else ()
    said = [_stands(row, kind) if is_known else _(NOT_THERE)]
    if is_preset:
        said.append(_(BY_SETTINGS, chat=where))
    elif choices:
        said += [_(MEANINGS[one]) for one in MEANINGS]
    elif is_known:
        said.append(_(CHANGE))
    return Reply(
        title=row.title if row and row.title else where,
        text="\n".join(said),
        fields=(Field(_("Chat"), where),),
        choices=choices,
        tone=_TONES.get(kind, Tone.GOOD) if is_known else Tone.PLAIN,
        follows=subject_of(platform, chat),
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


def is_here(ctx: Context, platform: str, chat: str) -> bool:
    """True where it is the chat itself in which somebody asks."""
    place = ctx.asked.place
    return (place.platform, place.id) == (platform, chat)


def _choices(ctx: Context, where: str, kind: PlaceKind) -> tuple[Choice, ...]:
    """Once a chat is settled its members need not look at buttons they cannot use."""
    platform, _colon, chat = where.partition(":")
    if is_here(ctx, platform, chat) and kind is not PlaceKind.NEW:
        is_admins = ctx.asked.place.kind in ADMIN_PLACES and kind is PlaceKind.ADMIN
        if not is_admins:
            return ()
    return tuple(
        Choice(
            _(LABELS[one]),
            f"admin place {where} {one.value}",
            Tone.GOOD if one in OURS else Tone.BAD,
        )
        for one in LABELS
        if one is not kind
    )


def _stands(row: Row | None, kind: PlaceKind) -> str:
    if kind is not PlaceKind.NEW:
        return _(STANDS[kind])
    is_strange = row is not None and row.added_by is None
    return _(WHO_WAS_IT) if is_strange else _(WHAT_IS_IT)
