"""The card of somebody's access: paused, since when and why, or back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from medianest_bot.core import access
from medianest_bot.core.context import Context
from medianest_bot.core.reply import Choice, Field, Reply, Show, Tone
from medianest_bot.core.store import people
from medianest_bot.core.store.people import Person
from medianest_bot.core.troubles import clock
from medianest_bot.core.words import Sorry, _, marked

NO_SUCH = marked("There is nobody here whose access you may see.")
TITLE = marked("Plex access")


class Standing(Enum):
    """How it is with somebody's access."""

    FINE = 0
    GONE = 1
    UNASKED = 2
    """Paused only because Plex could not be asked."""


OWN: Mapping[Standing, str] = {
    Standing.GONE: marked(
        "Your Plex account {plex} cannot use this household's server any more. Until "
        "it can, you are a guest here: you can search and look around. Ask an admin to "
        "share the server with it; I look again every day. Or sign in with another "
        "Plex account."
    ),
    Standing.UNASKED: marked(
        "I could not ask Plex for more than a week whether your Plex account {plex} "
        "may still use this household's server. Until I can, you are a guest here: you "
        "can search and look around. I keep asking, and tell you."
    ),
    Standing.FINE: marked(
        "Your Plex account {plex} can use this household's server: you can do again "
        "all that members can."
    ),
}
THEIRS: Mapping[Standing, str] = {
    Standing.GONE: marked(
        "The Plex account {plex} of {name} cannot use our server any more, so {name} "
        "is a guest until it can. Nothing of theirs was removed."
    ),
    Standing.UNASKED: marked(
        "I could not ask Plex for more than a week whether the Plex account {plex} of "
        "{name} may use our server, so {name} is a guest until I can. Look at /status, "
        "and whether PLEX_TOKEN is still good."
    ),
    Standing.FINE: marked(
        "The Plex account {plex} of {name} can use our server again."
    ),
}


async def by_number(ctx: Context, number: int) -> Reply:
    """For whom it is about, and for admins."""
    is_own = ctx.person is not None and ctx.person.id == number
    async with ctx.house.store.read() as db:
        person = await people.get(db, number)
        if person is None or person.plex_id is None or not (is_own or ctx.is_admin):
            raise Sorry(NO_SUCH)
        is_certain = await access.is_certain(db, person)
    standing = _standing(person, is_certain=is_certain)
    plex = person.plex_name or str(person.plex_id)
    said = (
        _(OWN[standing], plex=plex)
        if is_own
        else _(THEIRS[standing], plex=plex, name=person.name)
    )
    return Reply(
        title=_(TITLE),
        text=said,
        fields=_since(ctx, person),
        choices=_choices() if is_own and standing is Standing.GONE else (),
        tone=Tone.GOOD if standing is Standing.FINE else Tone.WARN,
        follows=access.subject_of(person),
        show=Show.HERE if ctx.asked.pressed else Show.NEW,
    )


def _standing(person: Person, *, is_certain: bool) -> Standing:
    if person.paused_at is None:
        return Standing.FINE
    return Standing.GONE if is_certain else Standing.UNASKED


def _since(ctx: Context, person: Person) -> tuple[Field, ...]:
    if person.paused_at is None:
        return ()
    return (Field(_("Paused since"), clock(person.paused_at, ctx.house.now())),)


def _choices() -> tuple[Choice, ...]:
    return (Choice(_("Sign in with Plex"), "link step:again"),)
