"""The doctor's look at Discord: each thing that can be wrong, and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.discord_api import Server, discord_api
from tests.discord_api.world import VIEW

from medianest_bot._doctor_discord import discord, findings
from medianest_bot.chats.discord_doctor import (
    ChannelSeen,
    Seen,
    ServerSeen,
    look,
)
from medianest_bot.chats.discord_settings import DiscordSettings
from medianest_bot.settings import Settings, read

TOKEN = "MTAwMDAwMDAwMDAw.GaBcDe.signature-of_1234"
BOT = "100000000000000000"
GOOD = Seen(name="medianest", application=BOT, ms=12.3, is_for_people=True)
HOME = ServerSeen("1", "Maple Street")
AWAY = ServerSeen("1", None)
ADMIN = {"ADMINS": "discord:12"}
ALL_WELL = [
    "ok   Discord: medianest answers in 12 ms",
    "ok   Discord app: people may add it for themselves, too",
]


def settings(**more: str) -> Settings:
    return read({"DISCORD_TOKEN": TOKEN, **more}, None, None)


def sentences(cause: str, mend: str) -> str:
    return f"{cause}\n       → {mend}"


def said(seen: Seen, **more: str) -> list[str]:
    """What is printed about it, without what is printed about a bot that is well."""
    found = findings(settings(**{**ADMIN, **more}), seen)
    return [str(one) for one in found if str(one) not in ALL_WELL]


def test_a_bot_that_is_well_is_good() -> None:
    assert [str(one) for one in findings(settings(**ADMIN), GOOD)] == ALL_WELL


async def test_no_token_is_no_fault() -> None:
    found = await discord(read({}, None, None))

    assert [str(one) for one in found] == [
        "note Discord: is not set up (DISCORD_TOKEN)"
    ]


def test_nobody_to_ask_is_told_with_the_way_to_the_number() -> None:
    found = [str(one) for one in findings(settings(), GOOD)]

    assert found[2:] == [
        sentences(
            "note Discord admins: ADMINS names nobody of Discord",
            (
                "While there is no admin, the bot shows a code for /claim when it "
                "starts. Or turn on Developer Mode (Discord's settings, Advanced), "
                "right-click your name, Copy User ID, and set ADMINS=discord: with "
                "that number behind."
            ),
        ),
    ]


def test_an_app_that_people_cannot_add_is_told() -> None:
    assert said(replace(GOOD, is_for_people=False)) == [
        sentences(
            "note Discord app: only servers can add it, people cannot for themselves",
            (
                "To change that, tick User Install at discord.com/developers: your "
                "application, Installation."
            ),
        ),
    ]


OUT = sentences(
    "BAD  {}: the bot is not in this server",
    (
        "Is it the server's id, and no channel's? Then add the bot: "
        f"https://discord.com/oauth2/authorize?client_id={BOT}"
        "&scope=bot+applications.commands&permissions=117760"
    ),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("DISCORD_GUILDS", "1"), ("HOUSEHOLD_CHATS", "discord:1")],
)
def test_a_server_is_one_the_bot_is_in_or_is_told_with_the_way_in(
    name: str, text: str
) -> None:
    there, away = (replace(GOOD, servers=(one,)) for one in (HOME, AWAY))

    assert said(there, **{name: text}) == [
        "ok   discord:1: “Maple Street”, the bot is in it"
    ]
    assert said(away, **{name: text}) == [OUT.format("discord:1")]


@pytest.mark.parametrize(
    ("server", "channel", "finding"),
    [
        (
            HOME,
            ChannelSeen("5", "films", "1"),
            "ok   discord:1:5: #films in “Maple Street”, the bot sees it",
        ),
        (
            HOME,
            ChannelSeen("5", None),
            sentences(
                "BAD  discord:1:5: the bot sees no such channel in “Maple Street”",
                (
                    "Is its id right? Then let the bot's role see it (the channel's "
                    "settings, Permissions, View Channel)."
                ),
            ),
        ),
        (
            HOME,
            ChannelSeen("5", "films", "2"),
            sentences(
                "BAD  discord:1:5: #films is not in “Maple Street”",
                "Write discord:SERVER:CHANNEL with the id of its own server.",
            ),
        ),
        (AWAY, ChannelSeen("5", None), OUT.format("discord:1:5")),
    ],
)
@pytest.mark.parametrize("setting", ["HOUSEHOLD_CHATS", "ADMIN_CHATS"])
def test_a_channel_that_is_named_is_looked_at(
    setting: str, server: ServerSeen, channel: ChannelSeen, finding: str
) -> None:
    seen = replace(GOOD, servers=(server,), channels=(channel,))

    assert said(seen, **{setting: "discord:1:5"}) == [finding]


@pytest.fixture
async def api() -> AsyncIterator[Server]:
    async with discord_api(TOKEN) as server:
        yield server
        assert server.spec_errors == []


def servers(api: Server) -> dict[str, str]:
    return {"DISCORD_API_URL": api.url, "DISCORD_GATEWAY_URL": api.gateway_url}


async def test_servers_and_channels_are_seen_with_the_bot_in_them_or_not(
    api: Server,
) -> None:
    home = api.guild("Maple\x1b Street")
    strange = api.guild("Strangers", has_bot=False)
    films, secret = api.channel(home, "films"), api.channel(home, "secret")
    api.forbids(secret, VIEW)
    told = DiscordSettings(TOKEN, (), api.url, api.gateway_url)

    found = await look(
        told,
        [str(home.id), str(strange.id), "7"],
        [str(films.id), str(secret.id), "7"],
    )

    assert replace(found, ms=12.3) == replace(
        GOOD,
        is_for_people=False,
        servers=(
            ServerSeen(str(home.id), "Maple  Street"),
            ServerSeen(str(strange.id), None),
            ServerSeen("7", None),
        ),
        channels=(
            ChannelSeen(str(films.id), "films", str(home.id)),
            ChannelSeen(str(secret.id), None),
            ChannelSeen("7", None),
        ),
    )


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        (401, "BAD  Discord: refuses DISCORD_TOKEN"),
        (
            503,
            "BAD  Discord: answered something else (503: Unavailable)",
        ),
    ],
)
async def test_what_keeps_us_from_asking_gets_its_cause(
    api: Server, status: int, finding: str
) -> None:
    api.fail("get_my_user", status)
    [found] = await discord(settings(**servers(api)))

    assert str(found).splitlines()[0] == finding


async def test_a_number_that_discord_does_not_take_is_no_server(api: Server) -> None:
    home = api.guild("Maple Street")
    api.fail("get_guild", 400)
    found = await discord(
        settings(**ADMIN, **servers(api), DISCORD_GUILDS=str(home.id))
    )

    assert [str(one).splitlines()[0] for one in found][2:] == [
        f"BAD  discord:{home.id}: the bot is not in this server",
    ]


async def test_a_connection_that_is_cut_is_told(api: Server) -> None:
    api.cut("get_my_user", times=9)
    [found] = await discord(settings(**servers(api)))

    assert str(found).splitlines()[0] == "BAD  Discord: does not answer"


async def test_a_discord_that_is_not_there_is_told() -> None:
    gone = settings(
        DISCORD_API_URL="http://127.0.0.1:9", DISCORD_GATEWAY_URL="ws://127.0.0.1:9"
    )

    assert [str(one) for one in await discord(gone)] == [
        sentences(
            "BAD  Discord: does not answer",
            (
                "Can this machine reach the internet? Is DISCORD_API_URL right, "
                "seen from here?"
            ),
        )
    ]


async def test_all_is_asked_of_discord_and_nothing_is_changed(api: Server) -> None:
    home = api.guild("Maple Street")
    films = api.channel(home, "films")
    found = await discord(
        settings(
            **ADMIN,
            **servers(api),
            DISCORD_GUILDS=str(home.id),
            HOUSEHOLD_CHATS="telegram:-1001",
            ADMIN_CHATS=f"discord:{home.id}:{films.id}",
        )
    )

    assert [str(one) for one in found][2:] == [
        f"ok   discord:{home.id}: “Maple Street”, the bot is in it",
        f"ok   discord:{home.id}:{films.id}: #films in “Maple Street”, the bot sees it",
    ]
    assert [call.operation for call in api.calls] == [
        "get_my_user",
        "get_my_application",
        "get_guild",
        "get_channel",
    ]
