"""The user's side: what people do in Telegram, and the updates that come of it."""

from __future__ import annotations

from tests.bot_api.answering import Press, Question, Result, as_member
from tests.bot_api.markup import commands_in
from tests.bot_api.refused import Raw
from tests.bot_api.rules import result_content
from tests.bot_api.sending import captioned
from tests.bot_api.talk import ANONYMOUS, Talk
from tests.bot_api.things import THINGS
from tests.bot_api.world import Chat, Message, Person


class People(Talk):
    """Everything here happens at once and returns what happened."""

    inline_feedback = False

    def edits(self, person: Person, message: Message, text: str) -> Message:
        assert message.raw["from"] == person.raw
        message.raw |= {"text": text, "edit_date": int(self.world.now())}
        message.raw["entities"] = commands_in(text)
        self._tell(message, "edited_message")
        return message

    def deletes(self, message: Message) -> Message:
        """The bot hears nothing of it."""
        message.is_deleted = True
        self.woke()
        return message

    def starts(self, person: Person, payload: str = "") -> Message:
        """The start button, perhaps of a deep link."""
        if self.chat(person).bot == "kicked":
            self.unblocks(person)
        return self.says(person, f"/start {payload}".strip())

    def presses(
        self,
        person: Person,
        message: Message,
        what: str,
        *,
        forged: bool = False,
        inaccessible: bool = False,
    ) -> Press:
        """The button with this label or data; `forged`: with data it never had."""
        found = [one for one in message.buttons if what in (one.label, one.data)]
        assert found or forged, f"no button {what!r} in {message}"
        data = what if forged else found[0].data
        assert data, f"{what!r} does not ask the bot"
        press = Press(self._query_id(), person, self.world.now(), message)
        self.open.presses[press.id] = press
        told = {"id": press.id, "from": person.raw, "data": data}
        told["chat_instance"] = str(-7_000_000_000 - message.chat.id)
        if message.inline_id is not None:
            told["inline_message_id"] = message.inline_id
        else:
            gone = {"message_id": message.id, "chat": message.chat.raw, "date": 0}
            hidden = inaccessible or message.is_deleted
            told["message"] = gone if hidden else message.raw
        self.updates.put({"callback_query": told})
        self.woke()
        return press

    def _query_id(self) -> str:
        return str(4_000_000_000_000 + self.world.number())

    def asks_inline(
        self,
        person: Person,
        query: str,
        chat_type: str = "sender",
        *,
        offset: str = "",
    ) -> Question:
        """The bot is not asked where Telegram still has an answer."""
        assert self.world.me["supports_inline_queries"]
        now = self.world.now()
        question = Question(self._query_id(), person, query, offset, now)
        question.answer = self.open.kept(question)
        if question.answer is None:
            self.open.questions[question.id] = question
            told = {"id": question.id, "from": person.raw, "query": query}
            more = {"offset": offset, "chat_type": chat_type}
            self.updates.put({"inline_query": told | more})
        self._meets(person)
        self.woke()
        return question

    def _meets(self, person: Person) -> None:
        private = self.chat(person)
        private.bot = "left" if private.bot == "unmet" else private.bot

    def picks_inline(
        self, person: Person, result: Result, chat: Chat | Person | None = None
    ) -> Message:
        """Post a result into a chat, where the bot need not be."""
        where = self.chat(chat if chat is not None else person)
        kind, words, markup = result_content(result.raw)
        content: Raw = {"text": words.text, "entities": words.entities}
        if kind != "text":
            content = {kind: THINGS[kind]} | captioned(words)
        raw = {"from": person.raw, "via_bot": self.world.bot} | content
        message = self.world.add(where, raw)
        if markup is not None:
            message.raw["reply_markup"] = markup
            message.inline_id = f"AgAAA-{self.world.number():08}"
            self.world.inline[message.inline_id] = message
        self._tell(message)
        if self.inline_feedback:
            told = {"result_id": result.id, "from": person.raw, "query": ""}
            if message.inline_id is not None:
                told["inline_message_id"] = message.inline_id
            self.updates.put({"chosen_inline_result": told})
        return message

    def adds_bot(
        self, person: Person, group: Chat, *, as_admin: bool = False
    ) -> Message | None:
        """Also makes it an administrator, or an ordinary member, later on."""
        was_here = group.is_here
        self._stands(person, group, "administrator" if as_admin else "member")
        if was_here:
            return None
        content = {"new_chat_members": [self.world.bot]}
        return self._post(person, content, group)

    def removes_bot(self, person: Person, group: Chat) -> None:
        self._stands(person, group, "kicked")

    def blocks(self, person: Person) -> None:
        self._stands(person, self.chat(person), "kicked")

    def unblocks(self, person: Person) -> None:
        self._stands(person, self.chat(person), "member")

    def _stands(self, person: Person, chat: Chat, status: str) -> None:
        old, chat.bot = chat.bot, status
        told: Raw = {"chat": chat.raw, "from": person.raw}
        told["date"] = int(self.world.now())
        told["old_chat_member"] = as_member(self.world.bot, old)
        told["new_chat_member"] = as_member(self.world.bot, status)
        self.updates.put({"my_chat_member": told})
        self.woke()

    def migrates(self, group: Chat) -> int:
        """The group becomes a supergroup; `group` is the new chat from now on."""
        old = Chat(group.id, "group", group.title, bot=group.bot)
        old.messages = group.messages
        new = -1_000_000_000_000 + group.id
        said: Raw = {"from": ANONYMOUS, "migrate_to_chat_id": new}
        leaving = self.world.add(old, said)
        old.moved_to = new
        self.world.chats[old.id] = old
        group.id, group.type, group.messages = new, "supergroup", {}
        self.world.chats[new] = group
        arriving: Raw = {"from": ANONYMOUS, "sender_chat": group.raw}
        arriving["migrate_from_chat_id"] = old.id
        self._tell(leaving)
        self._tell(self.world.add(group, arriving))
        return new

    def put(self, update: Raw) -> Raw:
        """Any update at all, as it is."""
        told = self.updates.put(update)
        self.woke()
        return told
