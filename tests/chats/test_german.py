"""Whose chat speaks German is spoken to in German, also when nobody asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot_api.world import Chat, Message
from tests.chats.discord_phone import Household, open_household, shown
from tests.chats.telegram_family import FAMILY, Family, drawn, open_family
from tests.discord_api.view import drawing
from tests.signing_in import Browser, link_in, signed_in

SETTINGS = {"HOUSEHOLD_CHATS": f"telegram:{FAMILY}"}


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Family]:
    async with open_family(tmp_path, SETTINGS, is_quick=True) as opened:
        yield opened


@pytest.fixture
def group(family: Family) -> Chat:
    return family.server.group(FAMILY, "Family", bot="member")


async def seen(family: Family, name: str, words: str) -> Message:
    """The message that says so, by now or soon."""

    def found() -> Message | None:
        answers = family.server.answers(family.someone(name))
        return next((one for one in answers if words in drawn(one)), None)

    message: Message = await family.server.until(found)
    return message


def number_at_seerr(family: Family | Household, tmdb: int) -> int:
    asked = family.demo.served.seerr.asked
    return max(number for number, one in asked.items() if one.media.tmdb == tmdb)


async def test_answers_cards_and_news_are_in_the_readers_language(
    family: Family,
) -> None:
    family.someone("ana", language_code="de")
    assert (await family.says("ana", "/status")).text.startswith("✅ Alles läuft")
    missing = await family.says("ana", "/request")
    assert missing.text == (
        "⚠️ Bitte schreib hinter „request“: Name, Nummer oder Link. "
        "Zum Beispiel: /request dune 2021"
    )
    assert (await family.says("tim", "/me")).text.startswith("tim\n\nRole member")
    card = await family.says("ana", "/request movie:841")
    assert "Gewünscht. Jetzt muss jemand zustimmen." in drawn(card)
    number = number_at_seerr(family, 841)
    family.demo.served.seerr.approve(number)
    await family.server.until(lambda: "Bewilligt. Es wird danach gesucht." in card.text)
    family.demo.served.seerr.finish(number)
    await family.server.until(lambda: "Jetzt kann es geschaut werden." in card.text)
    await family.server.until(
        lambda: family.server.answers(family.someone("ana"))[-1].text == card.text
    )
    assert drawn(card).endswith("[Anschauen]")


async def test_the_language_is_still_known_after_a_restart(family: Family) -> None:
    family.someone("ana", language_code="de")
    card = await family.says("ana", "/request movie:841")
    await family.again()
    family.demo.served.seerr.approve(number_at_seerr(family, 841))
    await family.server.until(lambda: "Bewilligt." in card.text)


async def test_whoever_changes_it_is_followed(family: Family) -> None:
    ana = family.someone("ana", language_code="de-AT")
    card = await family.says("ana", "/request movie:841")
    ana.language_code = "en"
    await family.says("ana", "/me")
    family.demo.served.seerr.approve(number_at_seerr(family, 841))
    await family.server.until(lambda: "Approved." in card.text)


async def test_a_sign_in_is_in_the_language_of_now(family: Family) -> None:
    ana = family.someone("ana", language_code="de")
    await family.says("ana", "/me")
    ana.language_code = "en"
    card = await family.says("ana", "/link again")
    async with Browser() as browser:
        assert await browser.opens(link_in(repr(card.raw))) == "Sign in with Plex"


async def test_one_group_two_languages(family: Family, group: Chat) -> None:
    family.someone("ana", language_code="de")
    german = await family.says("ana", "/search dune", group)
    english = await family.says("tim", "/search dune", group)
    assert german.text.startswith("Was ich zu „dune“ gefunden habe")
    assert english.text.startswith("What I found for “dune”")


async def test_a_stranger_signs_in_in_their_language(family: Family) -> None:
    family.someone("eve", language_code="de")
    hello = await family.says("eve", "/start")
    assert drawn(hello).endswith("[Mit Plex anmelden]")
    await family.presses("eve", hello, "Mit Plex anmelden")
    card = await seen(family, "eve", "Öffne die Seite")
    async with Browser() as browser:
        heading = await browser.opens(link_in(repr(card.raw)))
        assert heading == "Mit Plex anmelden"
        assert browser.page is not None
        assert '<html lang="de"' in browser.page.text
        await browser.presses("not-me")
    await seen(family, "eve", "„Das bin ich nicht“")


async def test_who_was_let_in_is_welcomed_in_their_language(family: Family) -> None:
    family.someone("eve", language_code="de")
    await family.says("eve", "/start")
    card = await family.says("eve", "/link")
    visit = await signed_in(family.demo, link_in(repr(card.raw)), "stranger")
    await seen(family, "eve", "Plex sagt, du bist stranger.")
    await family.says("eve", visit.code)
    asked = await seen(family, "mum", "wants to come in")
    await family.presses("mum", asked, "Approve")
    welcome = await seen(family, "eve", "Willkommen, Eve")
    assert drawn(welcome).endswith("[Was kann ich tun?]")


async def test_discord_is_spoken_to_in_german_as_well(tmp_path: Path) -> None:
    async with open_household(tmp_path) as household:
        household.quickly()
        ana = household.of("ana")
        ana.person.locale = "de"
        status = await ana.asks("status")
        assert "Alles läuft" in shown(status)
        asked = await ana.asks("request", title="movie:841")
        assert "Gewünscht. Jetzt muss jemand zustimmen." in shown(asked)
        number = number_at_seerr(household, 841)
        household.demo.served.seerr.approve(number)
        await household.server.until(
            lambda: any("Bewilligt." in drawing(one) for one in ana.messages)
        )
