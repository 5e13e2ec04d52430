"""The methods that answer a press or a question, and all about commands and chats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.bot_api.files import Uploads
from tests.bot_api.markup import units
from tests.bot_api.refused import Raw, bad
from tests.bot_api.rules import check_command, check_results
from tests.bot_api.sending import Method
from tests.bot_api.world import Chat, Message, Person, World

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


EMPTY: dict[str, Raw] = {
    "MyName": {"name": ""},
    "MyDescription": {"description": ""},
    "MyShortDescription": {"short_description": ""},
}


@dataclass(eq=False)
class Press:
    """A pressed button; `answer` is what the bot said to it, None until then."""

    id: str
    person: Person
    at: float
    message: Message | None
    answer: Raw | None = None


@dataclass(frozen=True)
class Result:
    id: str
    title: str
    raw: Raw = field(repr=False)


@dataclass(eq=False)
class Question:
    """An inline query; `answer` is what the bot said to it, None until then."""

    id: str
    person: Person
    query: str
    offset: str
    at: float
    answer: Raw | None = None

    @property
    def results(self) -> list[Result]:
        found = (self.answer or {}).get("results") or []
        return [Result(one["id"], one.get("title", ""), one) for one in found]

    @property
    def button(self) -> Raw | None:
        return (self.answer or {}).get("button")


class Open:
    """What waits for an answer, and the inline answers kept for others."""

    def __init__(self, expiry_s: float) -> None:
        self.expiry_s = expiry_s
        self.presses: dict[str, Press] = {}
        self.questions: dict[str, Question] = {}
        self.cache: dict[tuple[str, str, int], tuple[float, Raw]] = {}

    def kept(self, question: Question) -> Raw | None:
        """Another's answer to the same words, unless it was a personal one."""
        for whose in (0, question.person.id):
            found = self.cache.get((question.query, question.offset, whose))
            if found is not None and found[0] > question.at:
                return found[1]
        return None

    def answer_callback(self, world: World, params: Raw, uploads: Uploads) -> bool:
        del uploads
        press = self.presses.get(str(params.get("callback_query_id")))
        if press is None or press.answer is not None:
            raise bad(TOO_OLD)
        if world.now() - press.at > self.expiry_s:
            raise bad(TOO_OLD)
        if units(str(params.get("text") or "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        ours = f"https://t.me/{world.me['username']}?start="
        if not str(params.get("url") or ours).startswith(ours):
            raise bad("URL_INVALID")
        press.answer = {k: v for k, v in params.items() if k != "callback_query_id"}
        return True

    def answer_inline(self, world: World, params: Raw, uploads: Uploads) -> bool:
        del uploads
        check_results(params)
        question = self.questions.get(str(params.get("inline_query_id")))
        if question is None or world.now() - question.at > self.expiry_s:
            raise bad(TOO_OLD)
        question.answer = {k: v for k, v in params.items() if k != "inline_query_id"}
        lasts = params.get("cache_time", 300)
        whose = question.person.id if params.get("is_personal") else 0
        if lasts:
            until = world.now() + lasts
            key = (question.query, question.offset, whose)
            self.cache[key] = (until, question.answer)
        return True


def get_chat(world: World, params: Raw, uploads: Uploads) -> Raw:
    del uploads
    chat = world.find(params.get("chat_id"))
    if not chat.is_private:
        chat = world.writable(chat.id)
    gifts = dict.fromkeys(
        (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ),
        True,
    )
    return chat.raw | {
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }


def member(world: World, chat: Chat, user_id: int) -> Raw:
    """How somebody stands in a chat, as ChatMember."""
    if user_id == world.me["id"]:
        return as_member(world.bot, chat.bot)
    person = world.people.get(user_id)
    if person is None:
        raise bad("invalid user_id specified")
    return as_member(person.raw, chat.statuses.get(user_id, "left"))


def as_member(user: Raw, status: str) -> Raw:
    said: Raw = {"status": status, "user": user}
    if status == "creator":
        return said | {"is_anonymous": False}
    if status == "kicked":
        return said | {"until_date": 0}
    if status == "administrator":
        rights = dict.fromkeys(RIGHTS, True)
        return said | {"can_be_edited": False, "is_anonymous": False} | rights
    return said


def get_chat_member(world: World, params: Raw, uploads: Uploads) -> Raw:
    del uploads
    chat = world.writable(params.get("chat_id"))
    user = params.get("user_id")
    return member(world, chat, user if isinstance(user, int) else 0)


def get_administrators(world: World, params: Raw, uploads: Uploads) -> list[Raw]:
    del uploads
    chat = world.writable(params.get("chat_id"))
    if chat.is_private:
        raise bad("there are no administrators in the private chat")
    them = [
        member(world, chat, who)
        for who, status in chat.statuses.items()
        if status in ("creator", "administrator")
    ]
    ours = [as_member(world.bot, chat.bot)] if chat.bot == "administrator" else []
    return them + ours


def count_members(world: World, params: Raw, uploads: Uploads) -> int:
    del uploads
    chat = world.writable(params.get("chat_id"))
    return 2 if chat.is_private else len(chat.statuses) + 1


def leave_chat(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    chat = world.writable(params.get("chat_id"))
    if chat.is_private:
        raise bad("chat member status can't be changed in private chats")
    chat.bot = "left"
    return True


def get_file(world: World, params: Raw, uploads: Uploads) -> Raw:
    del uploads
    file = world.files.get(str(params.get("file_id")).removesuffix("-s"))
    if file is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > 20 << 20:
        raise bad("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
        "file_path": file.path,
    }


def scope_of(world: World, params: Raw) -> tuple[str, str]:
    scope: Any = params.get("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind.startswith("chat"):
        chat = world.find(scope.get("chat_id"))
        kind = f"{kind}:{chat.id}"
        if scope["type"] != "chat" and chat.is_private:
            raise bad("can't change commands in private chats for that scope")
        if "user_id" in scope:
            kind += f":{scope['user_id']}"
    return kind, str(params.get("language_code") or "")


def set_commands(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    given = params.get("commands") or []
    if len(given) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in given:
        check_command(one)
    world.commands[scope_of(world, params)] = given
    return True


def get_commands(world: World, params: Raw, uploads: Uploads) -> list[Raw]:
    del uploads
    return world.commands.get(scope_of(world, params), [])


def delete_commands(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    world.commands.pop(scope_of(world, params), None)
    return True


def generic(name: str) -> tuple[Method, Method]:
    """Setting and reading one text or value about the bot, per language."""

    def set_it(world: World, params: Raw, uploads: Uploads) -> bool:
        del uploads
        key = str(params.get("language_code") or params.get("chat_id") or "")
        rest = {k: v for k, v in params.items() if k != "language_code"}
        world.kept[name, key] = rest
        return True

    def get_it(world: World, params: Raw, uploads: Uploads) -> Raw:
        del uploads
        key = str(params.get("language_code") or params.get("chat_id") or "")
        kept = world.kept.get((name, key), {})
        if name == "ChatMenuButton":
            return dict(kept.get("menu_button") or {"type": "commands"})
        return EMPTY.get(name, {}) | kept

    return set_it, get_it


METHODS: dict[str, Method] = {
    "getMe": lambda world, _params, _uploads: world.me,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_administrators,
    "getChatMemberCount": count_members,
    "leaveChat": leave_chat,
    "getFile": get_file,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "logOut": lambda *_: True,
    "close": lambda *_: True,
}
for _name in (
    "MyDescription",
    "MyShortDescription",
    "MyName",
    "ChatMenuButton",
):
    METHODS[f"set{_name}"], METHODS[f"get{_name}"] = generic(_name)
METHODS["setMyDefaultAdministratorRights"] = generic("Rights")[0]
