"""Texts with HTML tags, read as strictly as Telegram reads them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.bot_api.refused import Raw, Refused, bad

SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "tg-spoiler": "spoiler",
}
OTHERS = {"a", "span", "tg-emoji", "blockquote"}
MOST_ENTITIES = 100

_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#(?:(\d{1,7})|x([0-9a-fA-F]{1,6})));?")
_ATTRIBUTE = re.compile(
    r"""\s+([^\s=>/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[a-zA-Z0-9.-]+))?"""
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def units(text: str) -> int:
    """The length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class Open:
    tag: str
    attributes: dict[str, str]
    begins: int


@dataclass
class Parsed:
    text: str = ""
    entities: list[Raw] = field(default_factory=list)


def unparsable(why: str) -> Refused:
    return bad(f"can't parse entities: {why}")


def unescaped(text: str) -> str:
    """Only the four named entities and numbers: `&nbsp;` stays as it is."""

    def one(found: re.Match[str]) -> str:
        name, decimal, hexadecimal = found.groups()
        if name:
            return html.unescape(f"&{name};")
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if 0 < code < 0x10FFFF else found.group()

    return _ENTITY.sub(one, text)


def parse_html(source: str) -> Parsed:
    """Raises as Telegram refuses: unknown, unclosed and crossed tags."""
    parsed, stack, at = Parsed(), list[Open](), 0
    while at < len(source):
        if source[at] != "<":
            end = source.find("<", at)
            end = len(source) if end < 0 else end
            parsed.text += unescaped(source[at:end])
            at = end
        elif source.startswith("</", at):
            at = _closed(source, at, stack, parsed)
        else:
            at = _opened(source, at, stack, parsed)
    if stack:
        raise unparsable(
            f"Can't find end tag corresponding to start tag {stack[-1].tag}"
        )
    return trimmed(parsed)


def _opened(source: str, at: int, stack: list[Open], parsed: Parsed) -> int:
    offset = len(source[:at].encode())
    found = re.compile(r"<([^\s>]*)").match(source, at)
    assert found is not None
    tag = found.group(1).lower()
    if tag not in SIMPLE and tag not in OTHERS:
        raise unparsable(f'Unsupported start tag "{tag}" at byte offset {offset}')
    end = found.end()
    attributes: dict[str, str] = {}
    while one := _ATTRIBUTE.match(source, end):
        value = unescaped((one.group(2) or "").strip("\"'"))
        attributes[one.group(1).lower()] = value
        end = one.end()
    closing = re.compile(r"\s*>").match(source, end)
    if closing is None:
        raise unparsable(f'Unclosed start tag "{tag}" at byte offset {offset}')
    _check_attributes(tag, attributes, offset)
    stack.append(Open(tag, attributes, units(parsed.text)))
    return closing.end()


def _check_attributes(tag: str, attributes: dict[str, str], offset: int) -> None:
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise unparsable(
            f'Tag "span" must have class "tg-spoiler" at byte offset {offset}'
        )


def _closed(source: str, at: int, stack: list[Open], parsed: Parsed) -> int:
    offset = len(source[:at].encode())
    found = re.compile(r"</([^\s>]*)\s*>").match(source, at)
    if found is None:
        raise unparsable(f"Unclosed end tag at byte offset {offset}")
    if not stack:
        raise unparsable(f"Unexpected end tag at byte offset {offset}")
    name, last = found.group(1).lower(), stack.pop()
    if name not in ("", last.tag):
        raise unparsable(
            f"Unmatched end tag at byte offset {offset}, "
            f'expected "</{last.tag}>", found "</{name}>"'
        )
    length = units(parsed.text) - last.begins
    entity = _entity(last, parsed, length)
    if entity is not None and length:
        _add(parsed, entity | {"offset": last.begins, "length": length})
    return found.end()


def _entity(last: Open, parsed: Parsed, length: int) -> Raw | None:
    if last.tag == "a":
        shown = parsed.text.encode("utf-16-le")[-2 * length :].decode("utf-16-le")
        url = last.attributes.get("href") or (shown if length else "")
        return {"type": "text_link", "url": url} if wrong_url(url) is None else None
    if last.tag == "blockquote":
        is_long = "expandable" in last.attributes
        return {"type": "expandable_blockquote" if is_long else "blockquote"}
    if last.tag == "tg-emoji":
        emoji = last.attributes.get("emoji-id", "")
        return {"type": "custom_emoji", "custom_emoji_id": emoji}
    if last.tag == "code" and "class" in last.attributes:
        return {"type": "code", "language": last.attributes["class"][9:]}
    return {"type": SIMPLE.get(last.tag, "spoiler")}


def _add(parsed: Parsed, entity: Raw) -> None:
    """A code inside a pre that fills it names the language of the pre."""
    inner = parsed.entities[-1] if parsed.entities else {}
    same = (entity["offset"], entity["length"]) == (
        inner.get("offset"),
        inner.get("length"),
    )
    if entity["type"] == "pre" and inner.get("type") == "code" and same:
        parsed.entities.pop()
        if inner.get("language"):
            entity["language"] = inner["language"]
    parsed.entities.append(entity)


def trimmed(parsed: Parsed) -> Parsed:
    """White space at both ends goes, control characters become spaces."""
    text = _CONTROL.sub(" ", parsed.text.replace("\r", ""))
    cut = units(text) - units(text.lstrip())
    text = text.strip()
    whole, kept = units(text), []
    for entity in parsed.entities:
        begins = max(entity["offset"] - cut, 0)
        ends = min(entity["offset"] - cut + entity["length"], whole)
        if ends > begins:
            kept.append(entity | {"offset": begins, "length": ends - begins})
    kept.sort(key=lambda one: (one["offset"], -one["length"]))
    for entity in kept:
        if entity["type"] == "code":
            entity.pop("language", None)
    return Parsed(text, kept[:MOST_ENTITIES])


def wrong_url(url: str) -> str | None:
    """Why Telegram takes no link to `url`; None where it does."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return "Wrong port number specified in the URL"
    if parts.scheme in ("tg", "ton"):
        return None
    if parts.scheme not in ("http", "https"):
        return "Unsupported URL protocol"
    if not host or re.search(r"[\s<>\"{}|\\^`]", url):
        return "URL host is empty" if not host else "Wrong HTTP URL"
    # A name without a dot, as in a home network, is none to Telegram.
    return None if "." in host or ":" in host else "Wrong HTTP URL"


def commands_in(text: str) -> list[Raw]:
    """The entities Telegram finds itself in what people write."""
    found = re.finditer(r"(?<![\w/<>@])/\w{1,64}(?:@\w{3,32})?(?![/\w])", text)
    mentions = re.finditer(r"(?<![\w/])@\w{3,32}", text)
    pairs = [(one, "bot_command") for one in found]
    pairs += [(one, "mention") for one in mentions]
    return [
        {
            "type": kind,
            "offset": units(text[: one.start()]),
            "length": units(one.group()),
        }
        for one, kind in sorted(pairs, key=lambda pair: pair[0].start())
    ]
