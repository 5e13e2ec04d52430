"""The doctor's look at Telegram: the token, what BotFather was told, the groups."""

from __future__ import annotations

from collections.abc import Iterator

from medianest_bot._doctor_findings import Finding, bad, good, note
from medianest_bot.chats import telegram_doctor as chat
from medianest_bot.chats.telegram_doctor import ChatSeen, How, Seen
from medianest_bot.running import telegram_settings
from medianest_bot.settings import Chat, Settings

TELEGRAM = "Telegram"
GROUPS = "Telegram groups"
INLINE = "Telegram inline mode"
WEBHOOK = "Telegram webhook"
ADMINS = "Telegram admins"


async def telegram(settings: Settings) -> tuple[Finding, ...]:
    told = telegram_settings(settings, secret="")
    if told is None:
        return (note(TELEGRAM, "is not set up (TELEGRAM_TOKEN)"),)
    groups = dict.fromkeys(one.id for one in _groups_of(settings))
    try:
        seen = await chat.look(told, tuple(groups))
    except chat.WrongToken:
        mend = (
            "Copy it again from BotFather (/mybots, the bot, API Token). Where it is "
            "right, does TELEGRAM_API_URL lead to Telegram?"
        )
        return (bad(TELEGRAM, "refuses TELEGRAM_TOKEN", mend),)
    except chat.Away:
        mend = (
            "Can this machine reach the internet? Is TELEGRAM_API_URL right, "
            "seen from here?"
        )
        return (bad(TELEGRAM, "does not answer", mend),)
    except chat.Odd as error:
        mend = "Try again in a minute. Does TELEGRAM_API_URL really lead to Telegram?"
        return (bad(TELEGRAM, f"answered something else ({error})", mend),)
    return tuple(findings(settings, seen))


def findings(settings: Settings, seen: Seen) -> Iterator[Finding]:
    """What there is to say about a bot that Telegram knows."""
    yield good(TELEGRAM, f"@{seen.username} answers in {seen.ms:.0f} ms")
    yield _groups(seen)
    yield _inline(seen)
    yield from _webhook(settings, seen)
    if not any(one.platform == "telegram" for one in settings.admins):
        mend = (
            "While there is no admin, the bot shows a code for /claim when it starts. "
            f"Or send /start to @{seen.username}: it tells your number for ADMINS."
        )
        yield note(ADMINS, "ADMINS names nobody of Telegram", mend)
    found = {one.id: one for one in seen.chats}
    for group in _groups_of(settings):
        yield _chat(group, found[group.id], seen.username)


def _groups_of(settings: Settings) -> list[Chat]:
    named = (*settings.household_chats, *settings.admin_chats)
    return [one for one in named if one.platform == "telegram"]


def _groups(seen: Seen) -> Finding:
    if not seen.can_join:
        mend = "Send /setjoingroups to BotFather and choose Enable."
        return note(GROUPS, "the bot cannot be added to any", mend)
    if seen.reads_all:
        mend = (
            "It needs no more than commands and answers to it: send /setprivacy to "
            "BotFather, choose Enable, and add the bot to its groups anew."
        )
        return note(GROUPS, "privacy mode is off: it is brought all they write", mend)
    return good(GROUPS, "privacy mode is on: it hears what is meant for it alone")


def _inline(seen: Seen) -> Finding:
    if seen.is_inline:
        return good(INLINE, f"is on: @{seen.username} and a title work in every chat")
    mend = "Send /setinline to BotFather, choose the bot, and type: Film or show"
    return note(INLINE, "is off: nothing can be looked up from other chats", mend)


def _webhook(settings: Settings, seen: Seen) -> Iterator[Finding]:
    if not settings.telegram_webhook:
        if seen.webhook_host:
            said = f"updates are brought to {seen.webhook_host}, none can be fetched"
            mend = (
                "The bot undoes that at its next start. If it comes back, another "
                "program uses this token: send /revoke to BotFather for a new one."
            )
            yield note(WEBHOOK, said, mend)
        return
    if seen.webhook_trouble:
        said = f"Telegram's last attempt failed ({seen.webhook_trouble})"
        mend = "Does PUBLIC_URL reach the bot from the internet, with a certificate?"
        yield bad(WEBHOOK, said, mend)
    elif not seen.webhook_is_ours:
        yield note(WEBHOOK, "is not at PUBLIC_URL yet; the bot sets it when it starts")
    else:
        yield good(WEBHOOK, f"updates are brought to {seen.webhook_host}")


def _chat(group: Chat, seen: ChatSeen, username: str) -> Finding:
    about = str(group)
    match seen.how:
        case How.MOVED:
            mend = f"Write telegram:{seen.moved_to} in its place."
            return bad(about, "became a large group and has another number now", mend)
        case How.OUT:
            mend = f"Add @{username} to the group. Is its number right?"
            return bad(about, "the bot is not in it", mend)
        case How.UNSAID:
            mend = "Make the bot an admin of the group, or look at its number again."
            return note(about, "Telegram does not say whether the bot is in it", mend)
    if group.thread is not None and not seen.has_topics:
        mend = "Leave out the last number, or turn on topics in the group."
        return bad(about, f"“{seen.title}” has no topics", mend)
    return good(about, f"“{seen.title}”, the bot is in it")
