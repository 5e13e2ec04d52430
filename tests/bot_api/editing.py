"""The methods that change or take away a message."""

from __future__ import annotations

from typing import Any

from tests.bot_api.files import Uploads, document, given, photo_sizes
from tests.bot_api.refused import Raw, bad
from tests.bot_api.rules import caption_of, keyboard, text_of
from tests.bot_api.sending import Method, captioned
from tests.bot_api.world import Chat, Message, World

SAME = (
    "message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
CONTENT = (
    "text",
    "entities",
    "link_preview_options",
    "caption",
    "caption_entities",
    "photo",
    "document",
)


def wanted(world: World, params: Raw) -> Message:
    """The message to be edited, if the bot may."""
    if inline_id := params.get("inline_message_id"):
        if inline_id not in world.inline or world.inline[inline_id].is_deleted:
            raise bad("MESSAGE_ID_INVALID")
        return world.inline[inline_id]
    chat = world.writable(params.get("chat_id"))
    message_id = params.get("message_id")
    if message_id is None:
        raise bad("message identifier is not specified")
    message = world.message(chat, message_id, "message to edit not found")
    if message.raw.get("from") != world.bot or message.has_other_markup:
        raise bad("message can't be edited")
    return message


def change(world: World, message: Message, params: Raw, content: Raw) -> Raw | bool:
    """Put the new content in; the keyboard goes where none is given."""
    shown = keyboard(params.get("reply_markup"))
    keep = {k: v for k, v in message.raw.items() if k not in (*CONTENT, "reply_markup")}
    new = keep | content | ({"reply_markup": shown} if shown else {})
    if new == message.raw:
        raise bad(SAME)
    message.raw.clear()
    message.raw.update(new, edit_date=int(world.now()))
    return True if params.get("inline_message_id") else message.raw


def edit_text(world: World, params: Raw, uploads: Uploads) -> Raw | bool:
    del uploads
    parsed = text_of(params)
    keyboard(params.get("reply_markup"))
    message = wanted(world, params)
    if "text" not in message.raw:
        raise bad("there is no text in the message to edit")
    content: Raw = {"text": parsed.text}
    if parsed.entities:
        content["entities"] = parsed.entities
    if preview := params.get("link_preview_options"):
        content["link_preview_options"] = preview
    told = change(world, message, params, content)
    message.html = str(params["text"])
    return told


def edit_caption(world: World, params: Raw, uploads: Uploads) -> Raw | bool:
    del uploads
    caption = caption_of(params)
    message = wanted(world, params)
    if "text" in message.raw:
        raise bad("there is no caption in the message to edit")
    media = {k: v for k, v in message.raw.items() if k in ("photo", "document")}
    told = change(world, message, params, media | captioned(caption))
    message.html = str(params.get("caption", ""))
    return told


def edit_media(world: World, params: Raw, uploads: Uploads) -> Raw | bool:
    media: Any = params.get("media") or {}
    caption = caption_of(media)
    message = wanted(world, params)
    kind = media.get("type")
    if kind not in ("photo", "document"):
        raise bad("can't parse InputMedia: media type is unsupported here")
    if params.get("inline_message_id") and uploads:
        raise bad("can't upload a new file in inline messages")
    file = given(world, media.get("media"), uploads, kind)
    shown: Raw = {"photo": photo_sizes(file)} if kind == "photo" else {}
    shown = shown or {"document": document(file)}
    told = change(world, message, params, shown | captioned(caption))
    message.html = str(media.get("caption", ""))
    return told


def edit_markup(world: World, params: Raw, uploads: Uploads) -> Raw | bool:
    del uploads
    message = wanted(world, params)
    content = {k: v for k, v in message.raw.items() if k in CONTENT}
    return change(world, message, params, content)


def delete_message(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    chat = world.writable(params.get("chat_id"))
    message = world.message(
        chat, params.get("message_id"), "message to delete not found"
    )
    take_away(world, chat, message)
    return True


def take_away(world: World, chat: Chat, message: Message) -> None:
    is_ours = message.raw.get("from") == world.bot
    if chat.bot != "administrator" and world.is_old(message):
        raise bad("message can't be deleted for everyone")
    if not is_ours and not chat.is_private and chat.bot != "administrator":
        raise bad("message can't be deleted")
    message.is_deleted = True


def delete_messages(world: World, params: Raw, uploads: Uploads) -> bool:
    del uploads
    chat = world.writable(params.get("chat_id"))
    ids = params.get("message_ids") or []
    if not 1 <= len(ids) <= 100:
        raise bad("too many message identifiers specified")
    for one in ids:
        found = chat.messages.get(one)
        if found is not None and not found.is_deleted:
            take_away(world, chat, found)
    return True


METHODS: dict[str, Method] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
}
