"""The rules of buttons, menus, layouts and modals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.discord_api.refused import Raw, Wrong

Path = tuple[str | int, ...]
ROW, BUTTON, STRING_MENU, INPUT = 1, 2, 3, 4
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = (
    9,
    10,
    11,
    12,
    13,
    14,
    17,
    18,
)
UPLOAD, RADIO, BOXES, BOX = 19, 21, 22, 23
MENUS = (3, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6
TOP_V2 = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
IN_LABEL = (INPUT, *MENUS, UPLOAD, RADIO, BOXES, BOX)


def walk(them: list[Raw], path: Path = ("components",)) -> Iterator[tuple[Path, Raw]]:
    """Every component and what is in it, from top to bottom."""
    for at, one in enumerate(them):
        yield from _walk_one(one, (*path, at))


def _walk_one(one: Raw, path: Path) -> Iterator[tuple[Path, Raw]]:
    yield path, one
    yield from walk(one.get("components") or [], (*path, "components"))
    for key in ("accessory", "component"):
        if one.get(key):
            yield from _walk_one(one[key], (*path, key))


def check(them: list[Raw], wrong: Wrong, *, is_v2: bool) -> None:
    found = list(walk(them))
    for at, one in enumerate(them):
        allowed = TOP_V2 if is_v2 else (ROW,)
        _one_of(one, allowed, ("components", at), wrong)
    if is_v2:
        wrong.length(("components",), found, 0, 40)
        texts = [len(one.get("content", "")) for _, one in found if one["type"] == TEXT]
        if sum(texts) > 4000:
            words = "Displayable text size exceeds maximum size of 4000"
            code = "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"
            wrong.add(("components",), code, words)
    else:
        wrong.length(("components",), them, 0, 5)
    for path, one in found:
        _CHECKS.get(one["type"], _nothing)(one, path, wrong)
    _unique(found, wrong)


def check_modal(modal: Raw, wrong: Wrong) -> None:
    for key, most in (("title", 45), ("custom_id", 100)):
        if wrong.required(("data", key), modal.get(key)):
            wrong.length(("data", key), modal[key], 1, most)
    them = modal.get("components") or []
    wrong.length(("data", "components"), them, 1, 5)
    found = list(walk(them, ("data", "components")))
    for at, one in enumerate(them):
        _one_of(one, (ROW, TEXT, LABEL), ("data", "components", at), wrong)
        if one["type"] == ROW and [x["type"] for x in one["components"]] != [INPUT]:
            words = "A row of a modal is one text input."
            wrong.add(("data", "components", at), "BASE_TYPE_BAD_LENGTH", words)
    for path, one in found:
        if one["type"] != ROW:
            _CHECKS.get(one["type"], _nothing)(one, path, wrong)
    _unique(found, wrong)


def _unique(found: list[tuple[Path, Raw]], wrong: Wrong) -> None:
    ids = Counter(one["custom_id"] for _, one in found if one.get("custom_id"))
    numbers = Counter(one["id"] for _, one in found if one.get("id"))
    for path, one in found:
        if ids[one.get("custom_id")] > 1:
            words = "Component custom id cannot be duplicated"
            wrong.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", words)
        if numbers[one.get("id")] > 1:
            words = "Component id cannot be duplicated"
            wrong.add((*path, "id"), "COMPONENT_ID_DUPLICATED", words)


def _one_of(one: Raw, kinds: tuple[int, ...], path: Path, wrong: Wrong) -> None:
    if one.get("type") not in kinds:
        words = f'Value of field "type" must be one of {kinds}.'
        wrong.add((*path, "type"), "UNION_TYPE_CHOICES", words)


def _nothing(_one: Raw, _path: Path, _wrong: Wrong) -> None:
    return


def _row(row: Raw, path: Path, wrong: Wrong) -> None:
    inside = row.get("components") or []
    wrong.length((*path, "components"), inside, 1, 5)
    for at, one in enumerate(inside):
        _one_of(one, (BUTTON, *MENUS), (*path, "components", at), wrong)
    if len(inside) > 1 and any(one["type"] in MENUS for one in inside):
        words = "A menu takes the whole row."
        wrong.add((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)


def _button(button: Raw, path: Path, wrong: Wrong) -> None:
    wrong.length((*path, "label"), button.get("label"), 0, 80)
    style = button.get("style")
    if style not in range(1, 7):
        wrong.add((*path, "style"), "BASE_TYPE_CHOICES", "Not a style")
    if not button.get("label") and not button.get("emoji") and style != PREMIUM:
        words = "A button must have a label or emoji"
        wrong.add((*path, "label"), "BUTTON_COMPONENT_INVALID_EMOJI_OR_LABEL", words)
    key = {LINK: "url", PREMIUM: "sku_id"}.get(style or 0, "custom_id")
    if wrong.required((*path, key), button.get(key)):
        wrong.length((*path, key), button[key], 1, 512 if key == "url" else 100)
    if style == LINK and button.get("custom_id"):
        words = "A custom id and url cannot both be specified"
        wrong.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_AND_URL", words)
    if style == LINK and not str(button.get("url")).startswith(_SCHEMES):
        words = "Scheme must be one of ('http', 'https', 'discord')."
        wrong.add((*path, "url"), "URL_TYPE_INVALID_SCHEME", words)


_SCHEMES = ("http://", "https://", "discord://")


def _menu(menu: Raw, path: Path, wrong: Wrong) -> None:
    if wrong.required((*path, "custom_id"), menu.get("custom_id")):
        wrong.length((*path, "custom_id"), menu["custom_id"], 1, 100)
    wrong.length((*path, "placeholder"), menu.get("placeholder"), 0, 150)
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    options = menu.get("options") or []
    if menu["type"] == STRING_MENU:
        wrong.length((*path, "options"), options, 1, 25)
        _options(options, path, wrong)
        if most > len(options):
            words = "There are fewer options than may be chosen."
            wrong.add((*path, "max_values"), "COMPONENT_SELECT_MAX_VALUES", words)
    if not 0 <= least <= 25 or not max(1, least) <= most <= 25:
        wrong.add((*path, "max_values"), "NUMBER_TYPE_MAX", "Not between 1 and 25")
    chosen = [one for one in options if one.get("default")]
    if len(chosen) > most:
        words = "More options are chosen than may be."
        wrong.add((*path, "options"), "COMPONENT_SELECT_TOO_MANY_DEFAULTS", words)


def _options(options: list[Raw], path: Path, wrong: Wrong) -> None:
    values = Counter(one.get("value") for one in options)
    for at, one in enumerate(options):
        for key in ("label", "value", "description"):
            here = (*path, "options", at, key)
            least = 0 if key == "description" else 1
            if key == "description" or wrong.required(here, one.get(key)):
                wrong.length(here, one.get(key), least, 100)
        if values[one.get("value")] > 1:
            words = "The specified option value is already used"
            here = (*path, "options", at, "value")
            wrong.add(here, "COMPONENT_OPTION_VALUE_DUPLICATED", words)


def _section(section: Raw, path: Path, wrong: Wrong) -> None:
    texts = section.get("components") or []
    wrong.length((*path, "components"), texts, 1, 3)
    for at, one in enumerate(texts):
        _one_of(one, (TEXT,), (*path, "components", at), wrong)
    if wrong.required((*path, "accessory"), section.get("accessory")):
        beside = section["accessory"]
        _one_of(beside, (BUTTON, THUMBNAIL), (*path, "accessory"), wrong)


def _container(container: Raw, path: Path, wrong: Wrong) -> None:
    inside = container.get("components") or []
    wrong.length((*path, "components"), inside, 1, 40)
    for at, one in enumerate(inside):
        _one_of(one, IN_CONTAINER, (*path, "components", at), wrong)
    if (container.get("accent_color") or 0) not in range(1 << 24):
        wrong.add((*path, "accent_color"), "NUMBER_TYPE_MAX", "Not a colour")


def _text(text: Raw, path: Path, wrong: Wrong) -> None:
    if wrong.required((*path, "content"), text.get("content")):
        wrong.length((*path, "content"), text["content"], 1, 4000)


def _gallery(gallery: Raw, path: Path, wrong: Wrong) -> None:
    wrong.length((*path, "items"), gallery.get("items") or [], 1, 10)
    for at, one in enumerate(gallery.get("items") or []):
        _media(one, (*path, "items", at), wrong)


def _media(one: Raw, path: Path, wrong: Wrong) -> None:
    wrong.length((*path, "description"), one.get("description"), 0, 1024)
    url: Any = (one.get("media") or {}).get("url")
    if wrong.required((*path, "media", "url"), url):
        wrong.length((*path, "media", "url"), url, 1, 2048)
        if not url.startswith(("http://", "https://", "attachment://")):
            words = "Scheme must be one of ('http', 'https', 'attachment')."
            wrong.add((*path, "media", "url"), "URL_TYPE_INVALID_SCHEME", words)


def _label(label: Raw, path: Path, wrong: Wrong) -> None:
    if wrong.required((*path, "label"), label.get("label")):
        wrong.length((*path, "label"), label["label"], 1, 45)
    wrong.length((*path, "description"), label.get("description"), 0, 100)
    if wrong.required((*path, "component"), label.get("component")):
        _one_of(label["component"], IN_LABEL, (*path, "component"), wrong)


def _input(text: Raw, path: Path, wrong: Wrong) -> None:
    if wrong.required((*path, "custom_id"), text.get("custom_id")):
        wrong.length((*path, "custom_id"), text["custom_id"], 1, 100)
    if text.get("style") not in (1, 2):
        wrong.add((*path, "style"), "BASE_TYPE_CHOICES", "Not a style")
    for key, most in (("label", 45), ("value", 4000), ("placeholder", 100)):
        wrong.length((*path, key), text.get(key), 0, most)


_CHECKS = {
    ROW: _row,
    BUTTON: _button,
    INPUT: _input,
    SECTION: _section,
    TEXT: _text,
    THUMBNAIL: _media,
    GALLERY: _gallery,
    CONTAINER: _container,
    LABEL: _label,
} | dict.fromkeys(MENUS, _menu)
