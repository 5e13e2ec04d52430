"""What people ask of the bot, and the answers it may give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.discord_api import components, messages
from tests.discord_api.calls import Call
from tests.discord_api.refused import Raw, Refused, Wrong, no
from tests.discord_api.world import (
    EPHEMERAL,
    LOADING,
    Channel,
    Message,
    Person,
    World,
)
from tests.unhurried import lost

COMMAND, PRESS, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
ANSWER, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MAY = {
    COMMAND: (ANSWER, DEFER, MODAL),
    PRESS: (ANSWER, DEFER, DEFER_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    SUBMIT: (ANSWER, DEFER, DEFER_UPDATE, UPDATE),
}
TOKEN_LIVES_S = 900.0


@dataclass(eq=False)
class Asked:
    """One interaction: what was asked, and all that came back."""

    id: int
    token: str
    kind: int
    person: Person
    channel: Channel
    raw: Raw
    at: float
    source: Message | None = None
    """The message whose button or menu was used."""
    opened_by: Asked | None = None
    """What opened the modal that was sent off."""
    is_user_install: bool = False
    acknowledged: int | None = None
    """The type of the first answer."""
    acknowledged_at: float | None = None
    answered_at: float | None = None
    """When the person first saw more than "thinking…"."""
    answer: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[Raw] | None = None
    modal: Raw | None = None
    is_submitted: bool = False
    _lost: float = field(default_factory=lost)

    def passed_s(self, now: float) -> float:
        """Since it was asked; what the machine gave to others does not count."""
        return now - self.at - (lost() - self._lost)

    @property
    def is_thinking(self) -> bool:
        held = self.answer
        return held is not None and held.is_thinking and not held.is_deleted


class Interactions:
    def __init__(self, world: World, ack_within_s: float) -> None:
        self.world = world
        self.ack_within_s = ack_within_s
        self.asked: dict[str, Asked] = {}
        self.late: list[Asked] = []
        """Answered when it was too late."""
        self.twice: list[Asked] = []
        """Acknowledged a second time, and not in the words of the first."""
        self._first: dict[str, object] = {}

    def callback(self, call: Call) -> Raw | None:
        asked = self.asked.get(call.where["interaction_token"])
        if asked is None or str(asked.id) != call.where["interaction_id"]:
            raise no(10062)
        if asked.acknowledged is not None:
            # Whoever did not hear that the first was taken says the same once more.
            if call.body != self._first[asked.token]:
                self.twice.append(asked)
            raise no(40060)
        if self.is_late(asked):
            self.late.append(asked)
            raise no(10062)
        kind = self._checked_kind(asked, call)
        data = call.body.get("data") or {}
        try:
            message = self._take(asked, kind, data, call)
        except Refused as refused:
            _in_data(refused)
            raise
        self._first[asked.token] = call.body
        asked.acknowledged = kind
        asked.acknowledged_at = self.world.clock()
        if kind not in (DEFER, DEFER_UPDATE):
            asked.answered_at = asked.acknowledged_at
        if call.query.get("with_response") not in ("1", "true", "True"):
            return None
        return _told(asked, kind, message)

    def is_late(self, asked: Asked) -> bool:
        if asked.acknowledged is not None:
            return False
        return asked.passed_s(self.world.clock()) > self.ack_within_s

    def _checked_kind(self, asked: Asked, call: Call) -> int:
        kind: int = (call.body or {}).get("type", 0)
        wrong = Wrong()
        allowed = MAY[asked.kind]
        is_update = kind in (UPDATE, DEFER_UPDATE)
        if kind not in allowed or (is_update and asked.source is None):
            words = f"Value must be one of {allowed}."
            wrong.add(("type",), "BASE_TYPE_CHOICES", words)
        wrong.done()
        return kind

    def _take(self, asked: Asked, kind: int, data: Raw, call: Call) -> Message | None:
        if kind in (ANSWER, DEFER):
            if kind == DEFER:
                _check_defer(data)
            asked.answer = self._made(asked, kind, data, call)
            return asked.answer
        if kind == CHOICES:
            asked.choices = _checked_choices(data, asked)
        if kind == MODAL:
            wrong = Wrong()
            components.check_modal(data, wrong)
            wrong.done()
            asked.modal = data
        if kind == UPDATE:
            assert asked.source is not None
            messages.edit(self.world, asked.source, data, call.files)
        return asked.source if kind in (UPDATE, DEFER_UPDATE) else None

    def _made(self, asked: Asked, kind: int, data: Raw, call: Call) -> Message:
        is_hidden = (data.get("flags") or 0) & EPHEMERAL
        only_for = asked.person if is_hidden else None
        more = self.metadata(asked)
        if kind == ANSWER:
            return messages.create(
                self.world,
                asked.channel,
                data,
                call.files,
                only_for=only_for,
                more=more,
            )
        held = messages.blank(self.world, asked.channel, self.world.me, only_for, more)
        held.raw["flags"] |= LOADING
        messages.publish(self.world, held, "MESSAGE_CREATE")
        return held

    def metadata(self, asked: Asked) -> Raw:
        own = str(self.world.me.id)
        kind = 20 if asked.kind == COMMAND else 19 if asked.source else 0
        said = {"application_id": own, "webhook_id": own, "type": kind}
        return said | {"interaction_metadata": _about(asked)}


def _about(asked: Asked) -> Raw:
    owners = asked.raw["authorizing_integration_owners"]
    said: Raw = {"id": str(asked.id), "type": asked.kind, "user": asked.person.raw}
    said["authorizing_integration_owners"] = owners
    if asked.kind == PRESS and asked.source is not None:
        said["interacted_message_id"] = str(asked.source.id)
    if asked.opened_by is not None:
        said["triggering_interaction_metadata"] = _about(asked.opened_by)
    return said


def _in_data(refused: Refused) -> None:
    """Say where it is wrong: the message of a callback is its `data`."""
    wrong = refused.body.get("errors")
    if wrong and "data" not in wrong:
        refused.body["errors"] = {"data": wrong}


def _check_defer(data: Raw) -> None:
    wrong = Wrong()
    if (data.get("flags") or 0) & ~EPHEMERAL:
        words = "Only EPHEMERAL can be set."
        wrong.add(("data", "flags"), "BITFIELD_INVALID", words)
    if set(data) - {"flags"}:
        words = "A deferred answer has no content yet."
        wrong.add(("data",), "BASE_TYPE_BAD_LENGTH", words)
    wrong.done()


def _checked_choices(data: Raw, asked: Asked) -> list[Raw]:
    wrong = Wrong()
    choices: list[Raw] = data.get("choices") or []
    wrong.length(("data", "choices"), choices, 0, 25)
    kind = focused(asked.raw["data"])["type"]
    for at, one in enumerate(choices):
        path = ("data", "choices", at)
        wrong.length((*path, "name"), one.get("name") or "", 1, 100)
        value = one.get("value")
        if kind == 3:
            wrong.length((*path, "value"), str(value or ""), 1, 100)
        wanted: Any = {3: str, 4: int, 10: (int, float)}[kind]
        if not isinstance(value, wanted):
            wrong.add((*path, "value"), "BASE_TYPE_BAD_TYPE", "Not of its type")
    wrong.done()
    return choices


def focused(data: Raw) -> Raw:
    """The option that somebody is typing."""
    for one in data.get("options", []):
        if one.get("focused"):
            return one  # type: ignore[no-any-return]
        if found := focused(one):
            return found
    return {}


def _told(asked: Asked, kind: int, message: Message | None) -> Raw:
    about: Raw = {"id": str(asked.id), "type": asked.kind}
    about["channel_id"] = str(asked.channel.id)
    if asked.channel.guild is not None:
        about["guild_id"] = str(asked.channel.guild.id)
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.is_thinking
        about["response_message_ephemeral"] = message.only_for is not None
    if message is None or kind not in (ANSWER, UPDATE):
        return {"interaction": about}
    resource = {"type": kind, "message": message.raw}
    return {"interaction": about, "resource": resource}


class Tokens:
    """What an interaction's token still allows for fifteen minutes."""

    def __init__(self, interactions: Interactions) -> None:
        self.interactions = interactions
        self.world = interactions.world

    def _asked(self, call: Call) -> Asked:
        asked = self.interactions.asked.get(call.where["webhook_token"])
        if asked is None or call.where["webhook_id"] != str(self.world.me.id):
            raise no(10015)
        if self.world.clock() - asked.at > TOKEN_LIVES_S:
            raise no(50027)
        if asked.acknowledged in (None, CHOICES):
            raise no(10015)
        return asked

    def _message(self, call: Call) -> tuple[Asked, Message]:
        asked = self._asked(call)
        first = asked.answer
        if asked.acknowledged in (UPDATE, DEFER_UPDATE):
            first = asked.source
        number = call.where.get("message_id", "@original")
        known = [first] if number == "@original" else [first, *asked.followups]
        for one in known:
            if one is None or one.is_deleted:
                continue
            if number in ("@original", str(one.id)):
                return asked, one
        raise no(10008)

    def follow(self, call: Call) -> Raw:
        asked = self._asked(call)
        if asked.answer is not None and asked.is_thinking:
            # The first one after a defer fills it, and stays as private as it is.
            body = {**call.body, "flags": (call.body.get("flags") or 0) & ~EPHEMERAL}
            messages.edit(self.world, asked.answer, body, call.files)
            asked.answered_at = self.world.clock()
            return asked.answer.raw
        if asked.is_user_install and len(asked.followups) >= 5:
            raise no(40094)
        is_hidden = (call.body.get("flags") or 0) & EPHEMERAL
        made = messages.create(
            self.world,
            asked.channel,
            call.body,
            call.files,
            only_for=asked.person if is_hidden else None,
            more=self.interactions.metadata(asked),
        )
        asked.followups.append(made)
        asked.answered_at = asked.answered_at or self.world.clock()
        return made.raw

    def get(self, call: Call) -> Raw:
        return self._message(call)[1].raw

    def edit(self, call: Call) -> Raw:
        asked, message = self._message(call)
        messages.edit(self.world, message, call.body, call.files)
        asked.answered_at = asked.answered_at or self.world.clock()
        return message.raw

    def delete(self, call: Call) -> None:
        asked, message = self._message(call)
        messages.delete(self.world, message)
        asked.answered_at = asked.answered_at or self.world.clock()
