"""What there is in Telegram: people, chats, their messages, files."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.bot_api.refused import Raw, Refused, bad

TWO_DAYS_S = 48 * 3600


@dataclass(eq=False)
class Person:
    id: int
    first_name: str
    language_code: str | None = "en"
    username: str | None = None

    @property
    def raw(self) -> Raw:
        said: Raw = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        for key in ("username", "language_code"):
            if value := getattr(self, key):
                said[key] = value
        return said


@dataclass(frozen=True)
class Button:
    label: str
    data: str
    url: str
    copy: str
    style: str
    raw: Raw = field(repr=False, compare=False)


@dataclass(eq=False)
class Message:
    """A message as people see it now: an edit shows here at once."""

    chat: Chat
    raw: Raw
    html: str = ""
    inline_id: str | None = None
    is_deleted: bool = False
    has_other_markup: bool = False

    @property
    def id(self) -> int:
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        return str(self.raw.get("text", self.raw.get("caption", "")))

    @property
    def entities(self) -> list[Raw]:
        key = "entities" if "text" in self.raw else "caption_entities"
        return list(self.raw.get(key, []))

    @property
    def rows(self) -> list[list[Button]]:
        markup = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [[as_button(one) for one in row] for row in markup]

    @property
    def buttons(self) -> list[Button]:
        return [button for row in self.rows for button in row]

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.buttons]

    @property
    def is_photo(self) -> bool:
        return "photo" in self.raw

    @property
    def thread(self) -> int | None:
        return self.raw.get("message_thread_id")

    @property
    def reply_to(self) -> int | None:
        answered: Raw = self.raw.get("reply_to_message", {})
        return answered.get("message_id")

    @property
    def is_from_bot(self) -> bool:
        return bool(self.raw.get("from", {}).get("is_bot"))

    def __repr__(self) -> str:
        return f"<Message {self.chat.id}/{self.id} {self.text!r} {self.labels}>"


def as_button(raw: Raw) -> Button:
    return Button(
        raw["text"],
        raw.get("callback_data", ""),
        raw.get("url", ""),
        raw.get("copy_text", {}).get("text", ""),
        raw.get("style", ""),
        raw,
    )


@dataclass(eq=False)
class Chat:
    """`bot` is its status here: member, administrator, left, kicked or unmet."""

    id: int
    type: str
    title: str = ""
    person: Person | None = None
    is_forum: bool = False
    bot: str = "left"
    statuses: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Raw] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    moved_to: int | None = None

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_here(self) -> bool:
        return self.bot in ("member", "administrator")

    @property
    def raw(self) -> Raw:
        if self.person is not None:
            names = {k: v for k, v in self.person.raw.items() if k.endswith("name")}
            return {"id": self.id, "type": "private"} | names
        said: Raw = {"id": self.id, "type": self.type, "title": self.title}
        return said | ({"is_forum": True} if self.is_forum else {})


@dataclass(frozen=True)
class File:
    id: str
    unique_id: str
    name: str
    data: bytes
    kind: str
    url: str = ""
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        return f"{self.kind}s/{self.unique_id}_{self.name}"


class World:
    """Everything the server knows; only Telegram's own rules change it."""

    def __init__(self, me: Raw, now: Callable[[], float] = time.time) -> None:
        self.me = me
        self.now = now
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.inline: dict[str, Message] = {}
        self.bad_urls: dict[str, str] = {}
        self.reactions: dict[tuple[int, int], list[Raw]] = {}
        self.actions: list[tuple[int, str]] = []
        self.drafts: list[Raw] = []
        self.commands: dict[tuple[str, str], list[Raw]] = {}
        self.kept: dict[tuple[str, str], Raw] = {}
        self._ids: dict[int, Iterator[int]] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        return next(self._numbers)

    @property
    def bot(self) -> Raw:
        return {k: self.me[k] for k in ("id", "is_bot", "first_name", "username")}

    def next_id(self, chat: Chat) -> int:
        """A supergroup counts for itself, all others share the bot's own count."""
        key = chat.id if chat.type == "supergroup" else 0
        return next(self._ids.setdefault(key, itertools.count(1 if key else 41)))

    def find(self, chat_id: Any) -> Chat:
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat_id in (None, ""):
            raise bad("chat_id is empty")
        if chat is None or chat.bot == "unmet":
            raise bad("chat not found")
        if chat.moved_to is not None:
            raise Refused(
                400,
                "group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        return chat

    def writable(self, chat_id: Any) -> Chat:
        """The chat the bot wants to write to, or why it may not."""
        chat = self.find(chat_id)
        kind = "group chat" if chat.type == "group" else "supergroup chat"
        if chat.is_private and chat.bot == "kicked":
            raise Refused(403, "bot was blocked by the user")
        if chat.is_private and chat.bot == "left":
            raise Refused(403, "bot can't initiate conversation with a user")
        if chat.bot == "kicked":
            raise Refused(403, f"bot was kicked from the {kind}")
        if chat.bot == "left":
            raise Refused(403, f"bot is not a member of the {kind}")
        return chat

    def message(self, chat: Chat, message_id: Any, said: str) -> Message:
        found = chat.messages.get(message_id)
        if found is None or found.is_deleted:
            raise bad(said)
        return found

    def add(self, chat: Chat, raw: Raw, html: str = "") -> Message:
        """Put a message into a chat; the number and the time are given here."""
        head = {"message_id": self.next_id(chat)}
        if chat.type == "channel":
            raw.pop("from", None)
        told = head | raw | {"date": int(self.now()), "chat": chat.raw}
        message = Message(chat, told, html)
        chat.messages[message.id] = message
        return message

    def is_old(self, message: Message) -> bool:
        return self.now() - float(message.raw["date"]) > TWO_DAYS_S


def within(message: Message) -> Raw:
    """The message as another one quotes it: without what it replies to itself."""
    return {k: v for k, v in message.raw.items() if k != "reply_to_message"}
