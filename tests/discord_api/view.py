"""What a person has before their eyes, drawn with letters."""

from __future__ import annotations

from tests.discord_api.interactions import AUTOCOMPLETE, COMMAND, Asked, Interactions
from tests.discord_api.refused import Raw
from tests.discord_api.world import Channel, Message, Person, World


class View:
    world: World
    interactions: Interactions

    def seen(self, person: Person, channel: Channel) -> list[Message]:
        """The messages that are there for this person, oldest first."""
        return [
            one
            for one in channel.messages.values()
            if not one.is_deleted and one.only_for in (None, person)
        ]

    def newest(self, person: Person, channel: Channel) -> Message:
        return self.seen(person, channel)[-1]

    def thinking(self) -> list[Asked]:
        """Who still looks at "thinking…"."""
        return [one for one in self.interactions.asked.values() if one.is_thinking]

    def unanswered(self) -> list[Asked]:
        """Who was told that the application did not respond."""
        asked = self.interactions.asked.values()
        return [one for one in asked if self.interactions.is_late(one)]

    def what_they_see(self, person: Person, channel: Channel) -> str:
        drawn = [drawing(one) for one in self.seen(person, channel)]
        for one in self.interactions.asked.values():
            if one.person is not person or one.channel is not channel:
                continue
            if self.interactions.is_late(one) and one.kind != AUTOCOMPLETE:
                drawn.append(f"(only you) {_failed(one)}")
            if one.modal is not None and not one.is_submitted:
                drawn.append(modal_drawing(one.modal))
        return "\n".join(drawn)


def _failed(asked: Asked) -> str:
    if asked.kind == COMMAND:
        return "The application did not respond"
    return "This interaction failed"


def drawing(message: Message) -> str:
    raw = message.raw
    head = "(only you) " if message.only_for is not None else ""
    head += f"{raw['author']['global_name']}:"
    if message.is_thinking:
        return f"{head} thinking…"
    lines = [raw["content"]] if raw["content"] else []
    for embed in raw["embeds"]:
        lines += [f"▌ {one}" for one in _embed(embed)]
    lines += [f"<{one['filename']}>" for one in raw["attachments"]]
    lines += _components(raw["components"])
    texts = "\n".join(lines).split("\n")
    return "\n".join([f"{head} {texts[0]}", *(f"  {one}" for one in texts[1:])])


def _embed(embed: Raw) -> list[str]:
    lines = [embed.get("author", {}).get("name"), embed.get("title")]
    lines.append(embed.get("description"))
    lines += [f"{one['name']}: {one['value']}" for one in embed.get("fields", [])]
    for key in ("image", "thumbnail"):
        if embed.get(key):
            lines.append(f"<{_name(embed[key]['url'])}>")
    lines.append(embed.get("footer", {}).get("text"))
    return [part for one in lines if one for part in one.split("\n")]


def _components(them: list[Raw]) -> list[str]:
    return [line for one in them for line in _component(one)]


def _component(one: Raw) -> list[str]:  # noqa: PLR0911 - one for each kind
    kind = one["type"]
    if kind == 1:
        return [" ".join(_control(inside) for inside in one["components"])]
    if kind == 9:
        beside = one["accessory"]
        mark = _control(beside) if beside["type"] == 2 else _media(beside)
        texts = _components(one["components"])
        return [f"{texts[0]} {mark}", *texts[1:]]
    if kind == 10:
        return str(one["content"]).split("\n")
    if kind == 12:
        return [" ".join(_media(item) for item in one["items"])]
    if kind == 13:
        return [f"<{_name(one['file']['url'])}>"]
    if kind == 14:
        return ["──"]
    if kind == 17:
        return [f"│ {line}" for line in _components(one["components"])]
    return []


def _media(one: Raw) -> str:
    words = one.get("description")
    name = _name(one["media"]["url"])
    return f"<{name}: {words}>" if words else f"<{name}>"


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _control(one: Raw) -> str:
    """[a button], [a link ↗], {a menu: its options, with the chosen ones*}."""
    if one["type"] == 2:
        emoji = (one.get("emoji") or {}).get("name")
        label = " ".join(part for part in (emoji, one.get("label")) if part)
        mark = " ↗" if one.get("url") else ""
        return f"[{label}{mark}]" if not one.get("disabled") else f"[{label}, off]"
    options = [
        f"{option['label']}{'*' if option.get('default') else ''}"
        for option in one.get("options", [])
    ]
    mark = ", off" if one.get("disabled") else ""
    return "{" + f"{one.get('placeholder', '')}{mark}: {' | '.join(options)}" + "}"


def modal_drawing(modal: Raw) -> str:
    lines = [f"╔ {modal['title']}"]
    for one in modal["components"]:
        if one["type"] == 10:
            lines.append(f"║ {one['content']}")
            continue
        field = one["component"] if one["type"] == 18 else one["components"][0]
        label = one.get("label") or field.get("label")
        lines.append(f"║ {label}: {_field(field)}")
    return "\n".join(lines)


def _field(field: Raw) -> str:
    if field["type"] == 4:
        return f"‹{field.get('value') or field.get('placeholder') or ''}›"
    if field["type"] in (21, 22):
        return " ".join(f"( ) {one['label']}" for one in field["options"])
    return "( )" if field["type"] == 23 else _control(field)
