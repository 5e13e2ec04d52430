"""Raw updates of the Bot API, read as what somebody did.

Reads loosely, field by field: whatever an update holds, it is an answer of one of
the types of `_telegram_incoming`, and never an error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from medianest_bot.chats._telegram_incoming import (
    Asking,
    Incoming,
    Line,
    Me,
    Membership,
    Migrated,
    Nothing,
    Other,
    Pressed,
    ReplyTo,
    Said,
    Sender,
    Shared,
    Spot,
)
from medianest_bot.services.loose import number, table, text

LONGEST_NAME = 128
# GroupAnonymousBot and Channel_Bot: Telegram's stand-ins for admins who write as
# their group and for people who write as their channel.
UNNAMED = frozenset({"1087968824", "136817688"})

_TALKED_IN = frozenset({"private", "group", "supergroup"})
_PRESENT = frozenset({"creator", "administrator", "member"})
_ABSENT = frozenset({"left", "kicked"})
# Narrow kinds first: a GIF is a document, too, and a venue a location.
_MEDIA = (
    *("animation", "audio", "document", "live_photo", "paid_media", "photo", "sticker"),
    *("story", "video_note", "video", "voice", "checklist", "contact", "dice", "game"),
    *("poll", "venue", "location", "rich_message"),
)
_LATEST = 2**32
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
_DEEP_LINK = re.compile(
    r"https?://(?:t|telegram)\.me/(\w+)\?start=([A-Za-z0-9_-]{1,64})"
)
_LOCALE = re.compile(r"[A-Za-z0-9_-]{2,35}")


def read(update: object, me: Me) -> Incoming:
    """What somebody did, from one update as parsed from JSON; never raises."""
    given = table(update)
    if message := table(given.get("message")):
        return _message(message, me)
    if press := table(given.get("callback_query")):
        return _press(press, me)
    if query := table(given.get("inline_query")):
        return _query(query)
    if change := table(given.get("my_chat_member")):
        return _membership(change)
    return Nothing("no kind we read")


def command(said: str, me: Me) -> Line | None:
    """`/admin_people@us add ana` as the line `admin people add ana`.

    None where the text is no command.
    """
    found = _COMMAND.fullmatch(said.strip())
    words = found[1].casefold().replace("_", " ").split() if found else []
    if found is None or not words:
        return None
    line = " ".join([*words, (found[3] or "").strip()]).strip()
    names_us = _is_our_name(found[2] or "", me)
    return Line(line, is_for_us=names_us or found[2] is None, names_us=names_us)


def _message(message: dict[str, Any], me: Me) -> Incoming:
    spot = _spot(message)
    if spot is None:
        return Nothing("a message in no chat")
    if moved := _migrated(message, spot):
        return moved
    sender, name = _sender(message.get("from")), _id(message.get("message_id"))
    if sender is None or name is None or not _is_talk(message):
        return Nothing("not said to us")
    if sender.account == me.id or (sender.is_bot and sender.account):
        return Nothing("a bot's message")
    return _content(message, sender, spot, name, me)


def _content(
    message: dict[str, Any], sender: Sender, spot: Spot, name: str, me: Me
) -> Incoming:
    is_via_us = _id(table(message.get("via_bot")).get("id")) == me.id
    if is_via_us and (ref := _ref(message, me)):
        return Shared(sender, spot, name, ref)
    if said := text(message.get("text")):
        return Said(
            sender=sender,
            spot=spot,
            message=name,
            at=_moment(message.get("date")),
            text=said,
            reply_to=_reply_to(message, me),
            via_us=is_via_us,
            mentions_us=_mentions(message, said, me),
            command=command(said, me),
        )
    what = next((kind for kind in _MEDIA if message.get(kind)), None)
    if what is None or not spot.is_private:
        return Nothing("no text")
    return Other(sender, spot, name, _moment(message.get("date")), what)


def _is_talk(message: dict[str, Any]) -> bool:
    """True for what people say in a chat: no channel, nobody's business account."""
    chat = table(message.get("chat"))
    return (
        text(chat.get("type")) in _TALKED_IN
        and not chat.get("is_direct_messages")
        and not message.get("is_automatic_forward")
        and not message.get("business_connection_id")
    )


def _migrated(message: dict[str, Any], spot: Spot) -> Migrated | None:
    """Both chats tell of it: the group that ends and the supergroup that begins."""
    if new := _id(message.get("migrate_to_chat_id")):
        return Migrated(spot.chat, new)
    if old := _id(message.get("migrate_from_chat_id")):
        return Migrated(old, spot.chat)
    return None


def _press(press: dict[str, Any], me: Me) -> Incoming:
    sender = _sender(press.get("from"))
    key, data = text(press.get("id")), text(press.get("data"))
    if sender is None or not key or not data:
        return Nothing("a press without data")
    message = table(press.get("message"))
    spot = _spot(message)
    on = _id(message.get("message_id"))
    if spot is None or on is None:
        if not press.get("inline_message_id"):
            return Nothing("a press on nothing")
        return Pressed(sender, None, key, data)
    return Pressed(
        sender=sender,
        spot=spot,
        id=key,
        data=data,
        message=on,
        is_photo=bool(message.get("photo")),
        is_accessible=message.get("date") != 0,
        asker=_asker(message, me),
        label=next((s for d, s, _u in _buttons(message) if d == data), ""),
    )


def _query(query: dict[str, Any]) -> Incoming:
    sender, key = _sender(query.get("from")), text(query.get("id"))
    if sender is None or not key:
        return Nothing("a query of nobody")
    return Asking(
        sender=sender,
        id=key,
        query=text(query.get("query")),
        offset=text(query.get("offset")),
        chat_type=text(query.get("chat_type")),
    )


def _membership(change: dict[str, Any]) -> Incoming:
    spot, sender = _spot(change), _sender(change.get("from"))
    if spot is None or sender is None:
        return Nothing("a change by nobody")
    if text(table(change.get("chat")).get("type")) not in _TALKED_IN:
        return Nothing("a channel")
    now = table(change.get("new_chat_member"))
    status = text(now.get("status"))
    is_here = status in _PRESENT
    if status == "restricted":
        is_here = now.get("is_member") is True
    elif not is_here and status not in _ABSENT:
        return Nothing("an unknown status")
    return Membership(
        sender, spot, is_here, is_admin=status in ("creator", "administrator")
    )


def _sender(value: object) -> Sender | None:
    user = table(value)
    account = _id(user.get("id"))
    if account is None:
        return None
    parts = (text(user.get("first_name")), text(user.get("last_name")))
    name = " ".join(" ".join(parts).split()) or text(user.get("username")) or account
    locale = text(user.get("language_code"))
    is_unnamed = account in UNNAMED
    return Sender(
        account="" if is_unnamed else account,
        name=name[:LONGEST_NAME],
        locale=locale if _LOCALE.fullmatch(locale) else None,
        is_bot=user.get("is_bot") is True or is_unnamed,
    )


def _spot(message: dict[str, Any]) -> Spot | None:
    """Where a message is, or whatever else has a `chat`."""
    chat = table(message.get("chat"))
    name = _id(chat.get("id"))
    if name is None:
        return None
    return Spot(
        chat=name,
        thread=_thread(message),
        is_private=chat.get("type") == "private",
        title=text(chat.get("title"))[:LONGEST_NAME],
    )


def _thread(message: dict[str, Any]) -> str | None:
    """The topic. Replies in any supergroup carry a thread id; those are no topics."""
    if message.get("is_topic_message") is not True:
        return None
    return _id(message.get("message_thread_id"))


def _replied(message: dict[str, Any]) -> dict[str, Any]:
    """The message that was answered.

    In a topic every message answers the one that opened the topic: that is no reply.
    """
    replied = table(message.get("reply_to_message"))
    is_opening = "forum_topic_created" in replied or (
        _thread(message) is not None
        and _thread(message) == _id(replied.get("message_id"))
    )
    return {} if is_opening else replied


def _reply_to(message: dict[str, Any], me: Me) -> ReplyTo | None:
    replied = _replied(message)
    name = _id(replied.get("message_id"))
    if name is None:
        return None
    return ReplyTo(name, is_ours=_author(replied) == me.id)


def _asker(message: dict[str, Any], me: Me) -> str | None:
    author = _author(_replied(message))
    return None if author == me.id else author


def _author(message: dict[str, Any]) -> str | None:
    return _id(table(message.get("from")).get("id"))


def _mentions(message: dict[str, Any], said: str, me: Me) -> bool:
    named = (name[1] for name in re.finditer(r"(?<!\w)@(\w+)", said))
    entities = (table(one) for one in _list(message.get("entities")))
    meant = (_id(table(one.get("user")).get("id")) for one in entities)
    return any(_is_our_name(name, me) for name in named) or me.id in meant


def _ref(message: dict[str, Any], me: Me) -> str:
    """What the deep link under an inline result of ours leads to."""
    links = (_DEEP_LINK.fullmatch(url) for _data, _said, url in _buttons(message))
    return next((link[2] for link in links if link and _is_our_name(link[1], me)), "")


def _buttons(message: dict[str, Any]) -> list[tuple[str, ...]]:
    """What each carries, says and opens."""
    rows = _list(table(message.get("reply_markup")).get("inline_keyboard"))
    found = [table(one) for row in rows for one in _list(row)]
    keys = ("callback_data", "text", "url")
    return [tuple(text(one.get(key)) for key in keys) for one in found]


def _is_our_name(name: str, me: Me) -> bool:
    return bool(name) and name.casefold() == me.username.casefold()


def _moment(value: object) -> datetime:
    """Unix time; what makes no sense is long ago."""
    seconds = number(value) or 0
    return datetime.fromtimestamp(seconds if 0 <= seconds < _LATEST else 0, UTC)


def _id(value: object) -> str | None:
    found = number(value)
    return None if found is None else str(found)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
