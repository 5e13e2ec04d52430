"""The methods that put something into a chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bot_api.files import Uploads, document, given, photo_sizes
from tests.bot_api.markup import Parsed, units
from tests.bot_api.refused import Raw, bad
from tests.bot_api.rules import ACTIONS, caption_of, keyboard, text_of
from tests.bot_api.spec import check_value
from tests.bot_api.world import Chat, Message, World, within

Method = Callable[[World, Raw, Uploads], Any]


def send_message(world: World, params: Raw, uploads: Uploads) -> Raw:
    del uploads
    parsed = text_of(params)
    content: Raw = {"text": parsed.text}
    if parsed.entities:
        content["entities"] = parsed.entities
    if preview := params.get("link_preview_options"):
        content["link_preview_options"] = preview
    return post(world, params, content, str(params.get("text", "")))


def send_photo(world: World, params: Raw, uploads: Uploads) -> Raw:
    caption = caption_of(params)
    file = given(world, uploads.get("photo", params.get("photo")), uploads, "photo")
    content = {"photo": photo_sizes(file)} | captioned(caption)
    return post(world, params, content, str(params.get("caption", "")))


def send_document(world: World, params: Raw, uploads: Uploads) -> Raw:
    caption = caption_of(params)
    value = uploads.get("document", params.get("document"))
    file = given(world, value, uploads, "document")
    content = {"document": document(file)} | captioned(caption)
    return post(world, params, content, str(params.get("caption", "")))


def captioned(caption: Parsed) -> Raw:
    said: Raw = {"caption": caption.text} if caption.text else {}
    return said | ({"caption_entities": caption.entities} if caption.entities else {})


def post(world: World, params: Raw, content: Raw, html: str) -> Raw:
    markup = params.get("reply_markup")
    shown = keyboard(markup)
    if isinstance(markup, dict) and "force_reply" in markup:
        placeholder = markup.get("input_field_placeholder")
        if placeholder is not None and not 1 <= units(placeholder) <= 64:
            raise bad("input field placeholder must be 1-64 characters long")
    chat = world.writable(params.get("chat_id"))
    raw: Raw = {"from": world.bot} | in_thread(chat, params.get("message_thread_id"))
    raw |= reply(chat, params) | content
    message = world.add(chat, raw, html)
    if shown is not None:
        message.raw["reply_markup"] = shown
    message.has_other_markup = bool(markup) and shown is None
    if params.get("protect_content"):
        message.raw["has_protected_content"] = True
    return message.raw


def in_thread(chat: Chat, thread: Any) -> Raw:
    if not thread:
        return {}
    if not chat.is_forum or thread not in chat.topics:
        raise bad("message thread not found")
    if chat.topics[thread].get("is_closed") and chat.bot != "administrator":
        raise bad("TOPIC_CLOSED")
    return {"message_thread_id": thread, "is_topic_message": True}


def reply(chat: Chat, params: Raw) -> Raw:
    """What the message answers; the chat's own messages only."""
    said = params.get("reply_parameters") or {}
    wanted = said.get("message_id", params.get("reply_to_message_id"))
    if wanted is None:
        return opening(chat, params.get("message_thread_id"))
    if said.get("chat_id", chat.id) != chat.id:
        raise bad("message to be replied not found")
    found = chat.messages.get(wanted)
    if found is None or found.is_deleted:
        # In a forum topic Telegram takes this for False, whatever is said.
        in_topic = params.get("message_thread_id") is not None
        if said.get("allow_sending_without_reply") and not in_topic:
            return {}
        raise bad("message to be replied not found")
    told: Raw = {"reply_to_message": within(found)}
    if found.raw.get("is_topic_message"):
        told |= {"message_thread_id": found.thread, "is_topic_message": True}
    elif chat.type == "supergroup":
        # Answers in any supergroup carry the thread they grew into.
        told["message_thread_id"] = found.thread or found.id
    return told


def opening(chat: Chat, thread: int | None) -> Raw:
    """In a topic, what answers nothing answers the message that opened it."""
    first = chat.messages.get(thread or 0)
    return {"reply_to_message": within(first)} if chat.is_forum and first else {}


def send_chat_action(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    chat = world.writable(params.get("chat_id"))
    if params.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    in_thread(chat, params.get("message_thread_id"))
    world.actions.append((chat.id, params["action"]))
    return True


def send_message_draft(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    if params.get("text"):
        text_of(params)
    chat = world.writable(params.get("chat_id"))
    if not chat.is_private:
        raise bad("TEXTDRAFT_PEER_INVALID")
    if not params.get("draft_id"):
        raise bad("draft_id must be non-zero")
    world.drafts.append(dict(params))
    return True


def set_message_reaction(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    chat = world.writable(params.get("chat_id"))
    message = world.message(
        chat, params.get("message_id"), "message to react not found"
    )
    wanted = params.get("reaction") or []
    if len(wanted) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if any(check_value("", one, "ReactionType") for one in wanted):
        raise bad("REACTION_INVALID")
    world.reactions[chat.id, message.id] = wanted
    return True


def create_forum_topic(world: World, params: Raw, uploads: Uploads) -> Raw:
    del uploads
    chat = world.writable(params.get("chat_id"))
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    if chat.bot != "administrator":
        raise bad("not enough rights to create a topic")
    return open_topic(world, chat, str(params.get("name")), world.bot)[1]


def open_topic(world: World, chat: Chat, name: str, by: Raw) -> tuple[Message, Raw]:
    look = {"name": name, "icon_color": 7322096}
    message = world.add(chat, {"from": by, "forum_topic_created": look})
    message.raw |= {"message_thread_id": message.id, "is_topic_message": True}
    chat.topics[message.id] = {"message_thread_id": message.id} | look
    return message, chat.topics[message.id]


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "sendMessageDraft": send_message_draft,
    "setMessageReaction": set_message_reaction,
    "createForumTopic": create_forum_topic,
}
