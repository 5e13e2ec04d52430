"""The limits of a message, in one place: texts, embeds, flags and totals."""

from __future__ import annotations

from typing import Any

from tests.discord_api import components
from tests.discord_api.refused import Raw, Wrong, no
from tests.discord_api.world import EPHEMERAL, SILENT, V2

Path = tuple[str | int, ...]
LEGACY = ("content", "embeds", "poll", "sticker_ids")
MAY_SET = 1 << 2 | EPHEMERAL | SILENT | V2
EMBED_TEXTS = {
    ("title",): 256,
    ("description",): 4096,
    ("footer", "text"): 2048,
    ("author", "name"): 256,
}


def check_message(
    body: Raw, files: dict[str, Any], before: Raw | None = None, *, hidden: bool
) -> None:
    """Refuse what Discord refuses; `before` is the message that is edited.

    `hidden`: whether a message may be ephemeral here.
    """
    wrong = Wrong()
    wrong.length(("content",), body.get("content"), 0, 2000)
    embeds = body.get("embeds") or []
    wrong.length(("embeds",), embeds, 0, 10)
    _check_embeds(embeds, wrong)
    flags = _check_flags(body, before, wrong, hidden=hidden)
    after = (before or {}) | body
    if flags & V2:
        _check_no_legacy(after, wrong)
    components.check(body.get("components") or [], wrong, is_v2=bool(flags & V2))
    _check_mentions(body.get("allowed_mentions"), wrong)
    _check_files(body, files, before, wrong)
    wrong.done()
    if not any(after.get(key) for key in (*LEGACY, "components")) and not files:
        kept = after.get("attachments")
        if not kept:
            raise no(50006)


def _check_flags(body: Raw, before: Raw | None, wrong: Wrong, *, hidden: bool) -> int:
    """The flags that the message has afterwards."""
    flags: int = body.get("flags") or 0
    if flags & ~MAY_SET:
        wrong.add(("flags",), "BITFIELD_INVALID", "These flags cannot be set.")
    if flags & EPHEMERAL and not hidden:
        wrong.add(("flags",), "BITFIELD_INVALID", "Only answers are ephemeral.")
    if before is None:
        return flags
    was: int = before["flags"]
    if was & V2 and "flags" in body and not flags & V2:
        words = "The flag IS_COMPONENTS_V2 cannot be removed."
        wrong.add(("flags",), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", words)
    return flags | was


def _check_no_legacy(after: Raw, wrong: Wrong) -> None:
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    for key in LEGACY:
        if after.get(key):
            words = (
                f"The '{key}' field cannot be used when using "
                "MessageFlags.IS_COMPONENTS_V2"
            )
            wrong.add((key,), code, words)


def _check_embeds(embeds: list[Raw], wrong: Wrong) -> None:
    total = 0
    for at, embed in enumerate(embeds):
        path: Path = ("embeds", at)
        for keys, most in EMBED_TEXTS.items():
            text: Any = embed
            for key in keys:
                text = (text or {}).get(key)
            wrong.length((*path, *keys), text, 0, most)
            total += len(text or "")
        total += _check_fields(embed.get("fields") or [], path, wrong)
        if not any(embed.get(key) for key in _EMBED_PARTS):
            wrong.add((*path, "description"), "BASE_TYPE_REQUIRED", "Required")
    if total > 6000:
        words = "Embed size exceeds maximum size of 6000"
        wrong.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)


_EMBED_PARTS = (
    "title",
    "description",
    "fields",
    "image",
    "thumbnail",
    "footer",
    "author",
)


def _check_fields(fields: list[Raw], path: Path, wrong: Wrong) -> int:
    wrong.length((*path, "fields"), fields, 0, 25)
    total = 0
    for at, one in enumerate(fields):
        for key, most in (("name", 256), ("value", 1024)):
            here = (*path, "fields", at, key)
            if wrong.required(here, one.get(key)):
                wrong.length(here, one[key], 1, most)
                total += len(one[key])
    return total


def _check_mentions(allowed: Raw | None, wrong: Wrong) -> None:
    for key in ("users", "roles"):
        wrong.length(("allowed_mentions", key), (allowed or {}).get(key), 0, 100)


def _check_files(
    body: Raw, files: dict[str, Any], before: Raw | None, wrong: Wrong
) -> None:
    """Every file has its entry, every `attachment://` its file."""
    said = body.get("attachments")
    wrong.length(("attachments",), said, 0, 10)
    new = {key.removeprefix("files[").removesuffix("]") for key in files}
    kept = {one["id"] for one in (before or {}).get("attachments", [])}
    for at, one in enumerate(said or []):
        if str(one.get("id")) not in new | kept:
            words = "This attachment was neither sent nor there before."
            wrong.add(("attachments", at), "ATTACHMENT_NOT_FOUND", words)
    names = {name for name, _, _ in files.values()}
    kept_now = kept if said is None else {str(one.get("id")) for one in said}
    for one in (before or {}).get("attachments", []):
        if one["id"] in kept_now:
            names.add(one["filename"])
    for path, name in referenced(body):
        if name not in names:
            words = f"There is no attachment named {name}."
            wrong.add(
                path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", words
            )


def referenced(body: Raw) -> list[tuple[Path, str]]:
    """Where a message speaks of a file it brings: (path, name of the file)."""
    found: list[tuple[Path, str]] = []

    def look(value: Any, path: Path) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                look(one, (*path, key))
        elif isinstance(value, list):
            for at, one in enumerate(value):
                look(one, (*path, at))
        elif path[-1] in ("url", "icon_url") and _is_file(value):
            found.append((path, value.removeprefix("attachment://")))

    for key in ("embeds", "components"):
        look(body.get(key) or [], (key,))
    return found


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("attachment://")
