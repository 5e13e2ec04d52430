"""Who is in Telegram, what they say, and how much of it a bot gets to hear."""

from __future__ import annotations

from tests.bot_api.answering import Open
from tests.bot_api.markup import commands_in
from tests.bot_api.refused import Raw
from tests.bot_api.sending import in_thread, open_topic, opening, reply
from tests.bot_api.things import THINGS
from tests.bot_api.updates import Updates
from tests.bot_api.world import Chat, Message, Person, World

ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


class Talk:
    """People, their chats and their messages."""

    def __init__(self, world: World, updates: Updates, open_: Open) -> None:
        self.world = world
        self.updates = updates
        self.open = open_

    def woke(self) -> None:
        """Somebody did something."""

    def person(
        self,
        id: int,  # noqa: A002 - as Telegram calls it
        first_name: str,
        language_code: str | None = "en",
        *,
        username: str | None = None,
        started: bool = True,
    ) -> Person:
        """Where `started` is not so, the bot may not write first."""
        person = Person(id, first_name, language_code, username)
        self.world.people[id] = person
        met = "member" if started else "unmet"
        self.world.chats[id] = Chat(id, "private", person=person, bot=met)
        return person

    def group(
        self,
        id: int,  # noqa: A002 - as Telegram calls it
        title: str,
        *,
        forum: bool = False,
        supergroup: bool = True,
        bot: str = "left",
        admins: tuple[Person, ...] = (),
    ) -> Chat:
        """`bot`: left, member or administrator, without an update about it."""
        kind = "supergroup" if supergroup or forum else "group"
        chat = Chat(id, kind, title, is_forum=forum, bot=bot)
        chat.statuses = {one.id: "administrator" for one in admins}
        self.world.chats[id] = chat
        return chat

    def chat(self, where: Person | Chat | int) -> Chat:
        return self.world.chats[where if isinstance(where, int) else where.id]

    def messages(self, where: Person | Chat | int) -> list[Message]:
        """What people see there now, oldest first."""
        found = self.chat(where).messages.values()
        return [one for one in found if not one.is_deleted]

    def answers(self, where: Person | Chat | int) -> list[Message]:
        """What the bot itself said there."""
        ours = self.world.me["id"]
        return [
            one for one in self.messages(where) if one.raw.get("from", {})["id"] == ours
        ]

    def topic(self, group: Chat, name: str, by: Person) -> int:
        """Somebody opens a topic; its number is that of the first message."""
        message, told = open_topic(self.world, group, name, by.raw)
        self._tell(message)
        return int(told["message_thread_id"])

    def says(
        self,
        person: Person,
        text: str,
        chat: Chat | None = None,
        *,
        reply_to: Message | None = None,
        thread: int | None = None,
        anonymous: bool = False,
    ) -> Message:
        content: Raw = {"text": text}
        if entities := commands_in(text):
            content["entities"] = entities
        return self._post(person, content, chat, reply_to, thread, anonymous)

    def sends(
        self,
        person: Person,
        kind: str,
        chat: Chat | None = None,
        *,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """A sticker, a photo, a voice message: whatever `THINGS` has."""
        content = {kind: THINGS[kind]}
        return self._post(person, content, chat, reply_to, thread)

    def _post(
        self,
        person: Person,
        content: Raw,
        chat: Chat | None,
        reply_to: Message | None = None,
        thread: int | None = None,
        anonymous: bool = False,  # noqa: FBT001, FBT002 - private
    ) -> Message:
        where = self._enter(person, chat)
        raw: Raw = {"from": ANONYMOUS if anonymous else person.raw}
        raw |= {"sender_chat": where.raw} if anonymous else {}
        raw |= in_thread(where, thread)
        if reply_to is not None:
            answered = {"reply_parameters": {"message_id": reply_to.id}}
            raw |= reply(where, answered)
        else:
            raw |= opening(where, thread)
        message = self.world.add(where, raw | content)
        self._tell(message)
        return message

    def _enter(self, person: Person, chat: Chat | None) -> Chat:
        private = self.chat(person)
        if chat is None or chat.is_private:
            assert private.bot != "kicked", "who blocked the bot unblocks it first"
            private.bot = "member"
            return private
        chat.statuses.setdefault(person.id, "member")
        private.bot = "left" if private.bot == "unmet" else private.bot
        return chat

    def _tell(self, message: Message, kind: str = "message") -> None:
        if self._reaches_bot(message):
            self.updates.put({kind: message.raw})
        self.woke()

    def _reaches_bot(self, message: Message) -> bool:
        """With privacy mode on, little of a group's talk does."""
        chat, raw = message.chat, message.raw
        if chat.is_private or not chat.is_here:
            return chat.is_here
        if self.world.me["can_read_all_group_messages"]:
            return True
        if chat.bot == "administrator" or not self._is_talk(raw):
            return True
        answered = raw.get("reply_to_message", {}).get("from", {})
        ours = self.world.me["id"]
        is_via = raw.get("via_bot", {}).get("id") == ours
        return message.text.startswith("/") or is_via or answered.get("id") == ours

    @staticmethod
    def _is_talk(raw: Raw) -> bool:
        return "text" in raw or any(kind in raw for kind in THINGS)
