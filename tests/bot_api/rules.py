"""What Telegram refuses in texts, keyboards and inline results."""

from __future__ import annotations

import re
from typing import Any

from tests.bot_api.markup import Parsed, parse_html, trimmed, units, wrong_url
from tests.bot_api.refused import Raw, bad

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
MOST_BUTTONS = 100
MOST_IN_A_ROW = 8
MOST_RESULTS = 50

KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
STYLES = ("danger", "success", "primary")
ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_START = re.compile(r"[A-Za-z0-9_-]{1,64}")


def formatted(params: Raw, key: str, entities_key: str) -> Parsed:
    """The text under `key` without its markup."""
    source, mode = str(params.get(key) or ""), str(params.get("parse_mode") or "")
    if mode.lower() == "html":
        return parse_html(source)
    if mode:
        raise bad(f"unsupported parse_mode: the stand-in reads HTML, not {mode}")
    return trimmed(Parsed(source, list(params.get(entities_key) or [])))


def text_of(params: Raw) -> Parsed:
    parsed = formatted(params, "text", "entities")
    if not parsed.text:
        raise bad("message text is empty")
    if units(parsed.text) > TEXT_UNITS:
        raise bad("message is too long")
    return parsed


def caption_of(params: Raw) -> Parsed:
    parsed = formatted(params, "caption", "caption_entities")
    if units(parsed.text) > CAPTION_UNITS:
        raise bad("message caption is too long")
    return parsed


def keyboard(markup: Any) -> Raw | None:
    """The inline keyboard, checked; None for none and for other kinds."""
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad("can't parse reply keyboard markup JSON object")
    if "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an '
            "Array of Arrays"
        )
    for row in rows:
        for button in row:
            check_button(button)
    if sum(len(row) for row in rows) > MOST_BUTTONS:
        raise bad("REPLY_MARKUP_TOO_LONG")
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad("REPLY_MARKUP_TOO_LONG: more than 8 buttons in a row")
    kept = [row for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def check_button(button: Any) -> None:
    said = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad(f"{said}InlineKeyboardButton must be an Object")
    if not str(button.get("text") or "").strip():
        raise bad(f"{said}Text of the button must be non-empty")
    kinds = [kind for kind in KINDS if button.get(kind) is not None]
    if not kinds:
        raise bad(f"{said}Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"{said}exactly one of {', '.join(kinds)} must be used")
    if button.get("style") not in (None, *STYLES):
        raise bad(f"{said}Unknown button style")
    _check_kind(kinds[0], button[kinds[0]])


def _check_kind(kind: str, value: Any) -> None:
    if kind == "callback_data" and not 1 <= len(str(value).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if kind == "copy_text" and not 1 <= units(str(value.get("text", ""))) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    if kind == "url" and (why := wrong_url(str(value))):
        raise bad(f"inline keyboard button URL '{value}' is invalid: {why}")
    if kind in ("web_app", "login_url"):
        url = str(value.get("url", ""))
        if not url.startswith("https://") or wrong_url(url):
            raise bad(
                f"inline keyboard button Web App URL '{url}' is invalid: "
                "Only HTTPS links are allowed"
            )


def check_results(params: Raw) -> None:
    """The results of an inline query."""
    results = params.get("results") or []
    if len(results) > MOST_RESULTS:
        raise bad("RESULTS_TOO_MUCH")
    ids = [str(one.get("id", "")) for one in results]
    if len(set(ids)) != len(ids):
        raise bad("RESULT_ID_DUPLICATE")
    if not all(1 <= len(one.encode()) <= 64 for one in ids):
        raise bad("RESULT_ID_INVALID")
    if len(str(params.get("next_offset") or "").encode()) > 64:
        raise bad("NEXT_OFFSET_INVALID")
    button = params.get("button")
    if button and "web_app" not in button:
        if not _START.fullmatch(str(button.get("start_parameter", ""))):
            raise bad("START_PARAM_INVALID")
        if not button.get("text"):
            raise bad("BUTTON_TEXT_INVALID")
    for result in results:
        result_content(result)


def result_content(result: Raw) -> tuple[str, Parsed, Raw | None]:
    """What a picked result posts: "text" or its kind, the words, the buttons."""
    markup = keyboard(result.get("reply_markup"))
    content = result.get("input_message_content")
    if content is not None:
        words = {"text": content.get("message_text")}
        return "text", text_of(content | words), markup
    if result.get("type") == "article":
        raise bad(
            "can't parse inline query result: Can't find field "
            '"input_message_content"'
        )
    return str(result.get("type")), caption_of(result), markup


def check_command(command: Raw) -> None:
    if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= units(str(command.get("description", "")).strip()) <= 256:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
