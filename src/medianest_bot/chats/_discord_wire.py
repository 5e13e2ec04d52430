"""Our values as discord.py's: cards as layouts, pictures as files, test servers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import discord
import yarl
from discord import ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

from medianest_bot.chats._discord_parts import (
    Attached,
    Button,
    Card,
    Gallery,
    Line,
    Menu,
    Message,
    Part,
    Row,
    Section,
    Shot,
    Text,
)
from medianest_bot.chats._discord_text import plain

STYLES = {
    "secondary": discord.ButtonStyle.secondary,
    "success": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
    "primary": discord.ButtonStyle.primary,
}
_LABEL = 45
_DESCRIPTION = 100
NO_MENTIONS = discord.AllowedMentions.none()


def use_servers(api_url: str | None, gateway_url: str | None) -> None:
    """Talk to these servers from now on: discord.py knows no other way."""
    if api_url is not None:
        Route.BASE = f"{api_url}/api/v10"
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


def layout(card: Card) -> ui.LayoutView:
    """A card as discord.py sends it.

    It is over at once: discord.py would keep it in memory for as long as it might
    be pressed, and presses are read from what they carry.
    """
    view = ui.LayoutView(timeout=None)
    parts = (_part(one) for one in card.parts)
    view.add_item(ui.Container(*parts, accent_colour=card.colour))
    view.stop()
    return view


def new(message: Message, pictures: Mapping[str, bytes]) -> dict[str, Any]:
    """What discord.py takes to send a message."""
    if message.card is None:
        return {"content": message.content, "allowed_mentions": NO_MENTIONS}
    sent = files(message, pictures)
    view = layout(message.card)
    return {"view": view, "files": sent, "allowed_mentions": NO_MENTIONS}


def changed(message: Message, pictures: Mapping[str, bytes]) -> dict[str, Any]:
    """What discord.py takes to have a message show another."""
    parts = {"view": None, **new(message, pictures)}
    parts["attachments"] = parts.pop("files", [])
    return parts


def files(message: Message, pictures: Mapping[str, bytes]) -> list[discord.File]:
    """What is uploaded with a message: pictures by their names in it, then files."""
    shown = [
        discord.File(io.BytesIO(pictures[one.name]), one.name, description=None)
        for one in message.uploads
        if one.name in pictures
    ]
    given = [discord.File(io.BytesIO(one.data), one.name) for one in message.files]
    return [*shown, *given]


def modal(title: str, question: str, custom_id: str) -> ui.Modal:
    """A question before anything runs; the answer comes as an interaction."""
    asked = ui.Modal(title=plain(title, _LABEL), custom_id=custom_id, timeout=None)
    answer: ui.TextInput[Any] = ui.TextInput(custom_id="words", max_length=1000)
    label, more = plain(question, _LABEL), plain(question, _DESCRIPTION)
    description = more if label != question else None
    asked.add_item(ui.Label(text=label, description=description, component=answer))
    asked.stop()
    return asked


def words_of(data: Any) -> str:
    """What was written into a modal of ours."""
    found = [*_values(data.get("components", []))]
    return found[0] if found else ""


def _values(components: Sequence[Any]) -> list[str]:
    values: list[str] = []
    for one in components:
        if isinstance(one.get("value"), str):
            values.append(one["value"])
        inner = [one["component"]] if "component" in one else one.get("components", [])
        values += _values(inner)
    return values


def _part(part: Part) -> ui.Item[Any]:
    match part:
        case Text(markdown):
            return ui.TextDisplay(markdown)
        case Section(texts, beside):
            lines = [ui.TextDisplay[Any](one.markdown) for one in texts]
            return ui.Section(*lines, accessory=_beside(beside))
        case Gallery(shots):
            items = (
                discord.MediaGalleryItem(one.url, description=one.alt or None)
                for one in shots
            )
            return ui.MediaGallery(*items)
        case Line():
            return ui.Separator()
        case Row(parts):
            return ui.ActionRow(*(_pressable(one) for one in parts))
        case Attached(url):
            return ui.File(url)


def _beside(beside: Button | Shot) -> ui.Item[Any]:
    if isinstance(beside, Button):
        return _pressable(beside)
    return ui.Thumbnail(beside.url, description=beside.alt or None)


def _pressable(one: Button | Menu) -> ui.Item[Any]:
    if isinstance(one, Menu):
        return _menu(one)
    if one.url:
        return ui.Button(label=one.label, url=one.url)
    return ui.Button(label=one.label, custom_id=one.id, style=STYLES[one.style])


def _menu(menu: Menu) -> ui.Item[Any]:
    options = [
        discord.SelectOption(
            label=one.label,
            value=one.value,
            description=one.description or None,
            default=one.picked,
        )
        for one in menu.options
    ]
    return ui.Select(
        custom_id=menu.id,
        placeholder=menu.placeholder or None,
        min_values=0,
        max_values=len(options),
        options=options,
    )
