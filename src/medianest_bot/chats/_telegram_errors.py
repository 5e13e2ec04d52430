"""What Telegram says when something does not work, told apart.

Telegram has no error codes beyond HTTP's: its English texts are what there is
(facts: Bot API server `Client.cpp`; python-telegram-bot strips "Bad Request: ").
"""

from __future__ import annotations

from telegram.error import BadRequest, Forbidden, TelegramError


class WrongToken(Exception):
    """Telegram does not know the token: nothing will ever work with it."""


class Unwelcome(Exception):
    """The chat does not take messages from us: blocked, left, kicked, deleted."""


def is_unmodified(error: TelegramError) -> bool:
    return _says(error, "message is not modified")


def is_message_gone(error: TelegramError) -> bool:
    """The message to edit was deleted, or may not be edited any more."""
    return _says(
        error,
        "message to edit not found",
        "message_id_invalid",
        "message can't be edited",
        "there is no text in the message to edit",
        "there is no caption in the message to edit",
    )


def is_unparsable(error: TelegramError) -> bool:
    """Our markup was not understood."""
    return _says(error, "can't parse entities", "can't parse caption")


def is_our_fault(error: TelegramError) -> bool:
    """The message itself was not taken: markup, a button, an address in it."""
    is_shape = _says(error, "button_", "url host is empty", "wrong http url", "webpage")
    return is_unparsable(error) or is_shape


def is_bad_picture(error: TelegramError) -> bool:
    """The picture could not be taken: its text must do."""
    return _says(
        error,
        "wrong type of the web page content",
        "failed to get http url content",
        "wrong http url specified",
        "wrong file identifier",
        "wrong remote file",
        "file reference",
        "photo_invalid_dimensions",
        "image_process_failed",
        "wrong padding",
        "photo_",
        "not enough rights to send photos",
    )


def is_topic_gone(error: TelegramError) -> bool:
    return _says(error, "message thread not found", "topic_closed", "topic_deleted")


def is_question_gone(error: TelegramError) -> bool:
    """What is answered was deleted. In a topic that fails, whatever we allow."""
    return _says(error, "message to be replied not found", "replied message not found")


def is_late(error: TelegramError) -> bool:
    """A callback or inline query is older than Telegram waits."""
    return _says(error, "query is too old", "query id is invalid")


def is_unwelcome(error: TelegramError) -> bool:
    """Nothing sent there will arrive, however often."""
    if isinstance(error, Forbidden):
        return True
    return _says(
        error,
        "chat not found",
        "user is deactivated",
        "user not found",
        "peer_id_invalid",
        "bot can't initiate conversation",
        "have no rights to send a message",
        "not enough rights to send text messages",
        "chat_write_forbidden",
        "group chat was deactivated",
    )


def _says(error: TelegramError, *texts: str) -> bool:
    if not isinstance(error, BadRequest):
        return False
    said = error.message.casefold()
    return any(text in said for text in texts)
