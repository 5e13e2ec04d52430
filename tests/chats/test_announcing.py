"""What has come, said once in the household's chat, where it was asked there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.chats.discord_phone import Household, Phone, open_household
from tests.chats.telegram_family import FAMILY, open_family
from tests.discord_api.view import drawing

from medianest_bot.chats._discord_port import DiscordPort
from medianest_bot.chats._telegram_port import TelegramPort
from medianest_bot.core.outbox import Reader
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.store import cards
from medianest_bot.demo_house import Demo

READY = "It can be watched now."
LINE = "✅ Dune (1984): It can be watched now."


def announcing(port: object) -> None:
    """As the setting ANNOUNCE=yes has it."""
    assert isinstance(port, DiscordPort | TelegramPort)
    port._announcing = replace(port._announcing, is_on=True)


def finish(demo: Demo, tmdb: int) -> None:
    asked = demo.served.seerr.asked
    numbers = (n for n, one in asked.items() if one.media.tmdb == tmdb)
    demo.served.seerr.finish(max(numbers))


async def ended(household: Household, phone: Phone) -> list[str]:
    """What stands in the channel once what was asked for has come, and was told."""
    card = (await phone.asks("request", title="movie:841")).answer
    assert card is not None
    finish(household.demo, 841)
    private = phone.in_private
    await household.server.until(lambda: READY in drawing(card) and private.messages)
    return [drawing(one) for one in phone.messages[1:]]


async def test_in_discord_it_hangs_on_the_card_once(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        ana, server = household.of("ana"), household.server
        announcing(household.quickly())
        card = (await ana.asks("request", title="movie:841")).answer
        assert card is not None
        finish(household.demo, 841)
        await server.until(lambda: len(ana.messages) == 2)
        told = ana.messages[1]
        assert drawing(told) == f"Medianest: {LINE}"
        assert told.raw["message_reference"]["message_id"] == str(card.id)
        # It is drawn anew, for whatever reason, and not told again.
        port = household.demo.app.house.outbox._ports.get("discord")
        assert isinstance(port, DiscordPort)
        async with household.demo.app.house.store.read() as db:
            kept = await cards.of_message(
                db, "discord", str(card.channel.id), str(card.id)
            )
            assert kept is not None
        reader = Reader("discord", kept.account, kept.place, PlaceKind.HOUSEHOLD)
        again = await household.demo.app.dispatch.draw(kept.line, reader)
        assert await port.edit(kept, again)
        assert len(ana.messages) == 2


async def test_in_discord_nothing_is_said_unless_it_is_wished(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        household.quickly()
        assert await ended(household, household.of("ana")) == []


async def test_what_was_asked_in_private_is_said_nowhere_else(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        announcing(household.quickly())
        ana = household.of("ana")
        await ended(household, ana.in_private)
        assert ana.messages == []


@pytest.mark.parametrize("is_on", [True, False])
async def test_in_telegram_it_answers_the_card(tmp_path: Path, *, is_on: bool) -> None:
    chats = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}
    async with open_family(tmp_path, chats, is_quick=True) as family:
        group = family.server.group(FAMILY, "Family", bot="member")
        if is_on:
            announcing(family.demo.app.house.outbox._ports.get("telegram"))
        card = await family.says("ana", "/request movie:841", group)
        finish(family.demo, 841)
        private = family.someone("ana")
        await family.server.until(lambda: family.server.answers(private))
        await family.server.until(lambda: READY in card.text)
        if is_on:
            told = await family.next(group, 1)
            assert (told.text, told.reply_to) == (
                f"✅ Dune (1984)\n{READY}",
                card.id,
            )
        assert len(family.server.answers(group)) == (2 if is_on else 1)
