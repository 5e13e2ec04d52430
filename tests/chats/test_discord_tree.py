"""Slash commands: Discord takes them all, and each becomes the line it stands for."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import discord
import jsonschema
import pytest
import referencing
import referencing.jsonschema
import structlog
from aiohttp import web

from medianest_bot import commands
from medianest_bot.chats._discord_options import entries
from medianest_bot.chats._discord_tree import Tree, payloads, sync
from medianest_bot.chats._discord_words import Said, Words, described, labelled
from medianest_bot.core.command import Commands, find
from medianest_bot.core.reply import Suggestion

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "discord-openapi.json"
COMMANDS: Commands = find(commands)
NAME = re.compile(r"[-_\w]{1,32}")
APPLICATION = 1234567890

Payload = dict[str, Any]


class Desk:
    """Takes down what slash commands ask for."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.typed: list[tuple[str, str, str]] = []
        self.trouble: Exception | None = None

    async def run(self, _interaction: Any, line: str) -> None:
        self.lines.put_nowait(line)
        if self.trouble:
            raise self.trouble

    async def suggest(
        self, _interaction: Any, command: str, argument: str, typed: str
    ) -> tuple[Suggestion, ...]:
        self.typed.append((command, argument, typed))
        return (Suggestion("Dune (2021) – in the library", "movie:438631"),)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def tree(desk: Desk) -> AsyncIterator[Tree]:
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        yield Tree(client, COMMANDS, desk.run, desk.suggest)


async def every(tree: Tree) -> list[Payload]:
    """The commands in English alone."""
    return await payloads(tree, Words(lambda _locale, said: said.text))


def walk(command: Payload) -> Iterator[Payload]:
    yield command
    for option in command.get("options", ()):
        yield from walk(option)


def size(command: Payload) -> int:
    """What Discord counts towards 8000: names, descriptions and values."""
    own = len(command["name"]) + len(command["description"])
    choices = command.get("choices", ())
    values = sum(len(one["name"]) + len(str(one["value"])) for one in choices)
    return own + values + sum(size(one) for one in command.get("options", ()))


async def test_all_commands_people_see_are_there(tree: Tree) -> None:
    shown = {one.name for one in COMMANDS if not (one.hidden or one.draws)}
    made = {
        one.qualified_name
        for one in tree.walk_commands()
        if isinstance(one, discord.app_commands.Command)
    }

    assert made == shown


async def test_discords_limits_are_kept(tree: Tree) -> None:
    made = await every(tree)

    assert len(made) <= 100
    assert [one["name"] for one in made if size(one) > 8000] == []
    for one in (part for command in made for part in walk(command)):
        assert NAME.fullmatch(one["name"])
        assert one["name"] == one["name"].lower()
        assert 1 <= len(one["description"]) <= 100
        assert len(one.get("options", ())) <= 25
        assert len(one.get("choices", ())) <= 25
        assert not ({"choices", "autocomplete"} <= set(one))
        needed = [option.get("required", False) for option in one.get("options", ())]
        assert needed == sorted(needed, reverse=True)


@pytest.fixture(scope="module")
def spec() -> Payload:
    if not SPEC.exists():
        pytest.skip("Discord's API description is not here")
    found: Payload = json.loads(SPEC.read_text("utf-8"))
    return found


async def test_discords_description_allows_all_commands(
    tree: Tree, spec: Payload
) -> None:
    whole: Any = referencing.jsonschema.DRAFT202012.create_resource(spec)
    registry: Any = referencing.Registry().with_resource("urn:discord", whole)
    name = "urn:discord#/components/schemas/ApplicationCommandUpdateRequest"
    validator = jsonschema.Draft202012Validator({"$ref": name}, registry=registry)
    complaints = [
        (command["name"], error.message)
        for command in await every(tree)
        for error in validator.iter_errors(command)
    ]

    assert complaints == []


async def test_a_command_is_offered_with_typed_options(tree: Tree) -> None:
    made = {one["name"]: one for one in await every(tree)}

    assert made["search"] == {
        "name": "search",
        "description": "Search for a film, a series or a video",
        "type": 1,
        "options": [
            {
                "type": 3,
                "name": "title",
                "description": "Its name, number or link",
                "required": True,
                "autocomplete": True,
                "min_length": 1,
                "max_length": 2000,
            },
            {
                "type": 3,
                "name": "where",
                "description": "Where to look",
                "required": False,
                "choices": [
                    {"name": one, "value": one}
                    for one in ("all", "library", "requests", "videos")
                ],
            },
        ],
        "nsfw": False,
        "dm_permission": True,
        "default_member_permissions": None,
        "contexts": [0, 1, 2],
        "integration_types": [0, 1],
    }
    options = {one["name"]: one for one in made["downloads"]["options"]}
    assert options["number"] == {
        "type": 4,
        "name": "number",
        "description": "Which download",
        "required": False,
        "min_value": 1,
        "max_value": 2147483647,
    }
    assert options["sure"]["type"] == 5


async def test_only_the_admins_group_is_hidden(tree: Tree) -> None:
    manage_guild = discord.Permissions(manage_guild=True).value
    shown = {
        one["name"]: one["default_member_permissions"] for one in await every(tree)
    }

    assert shown == dict.fromkeys(shown, None) | {"admin": manage_guild}


def interaction(name: str, *options: Payload, kind: int = 2) -> Any:
    user = {"id": "7", "username": "ana", "discriminator": "0", "avatar": None}
    return {
        "id": "1",
        "application_id": str(APPLICATION),
        "type": kind,
        "data": {"id": "2", "name": name, "type": 1, "options": list(options)},
        "channel": {"id": "3", "type": 1},
        "channel_id": "3",
        "user": user | {"global_name": None},
        "token": "invented",
        "version": 1,
        "locale": "en-GB",
        "entitlements": [],
        "authorizing_integration_owners": {},
        "context": 1,
        "attachment_size_limit": 10485760,
    }


def option(name: str, value: Any, kind: int = 3) -> Payload:
    return {"name": name, "value": value, "type": kind}


def deliver(tree: Tree, given: Any) -> None:
    tree.client._connection.parse_interaction_create(given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            interaction("search", option("title", "dune two"), option("where", "all")),
            'search "dune two" where:all',
        ),
        (
            interaction("download", option("url", "a.example"), option("as", "audio")),
            "download a.example as:audio",
        ),
        (
            interaction(
                "downloads", option("number", 3, kind=4), option("sure", True, kind=5)
            ),
            "downloads number:3 sure:yes",
        ),
        (
            interaction(
                "admin",
                {"name": "people", "type": 1, "options": [option("name", "Ana")]},
            ),
            "admin people name:Ana",
        ),
        # Discord shows old commands for a while after an update.
        (interaction("watchlist"), "watchlist"),
        (interaction("admin", {"name": "old", "type": 1}), "admin old"),
        (interaction("search"), "search"),
    ],
)
async def test_a_slash_command_becomes_its_line(
    tree: Tree, desk: Desk, given: Any, line: str
) -> None:
    deliver(tree, given)

    assert await desk.lines.get() == line


async def test_what_breaks_is_logged_and_goes_no_further(
    tree: Tree, desk: Desk
) -> None:
    desk.trouble = ValueError("broken")
    asked = discord.Interaction(data=interaction("me"), state=tree.client._connection)
    with structlog.testing.capture_logs() as logged:
        await tree._call(asked)

    causes = [repr(one.pop("exc_info").original) for one in logged]
    assert (causes, logged) == (
        ["ValueError('broken')"],
        [
            {
                "event": "discord_command",
                "command": "me",
                "gone": False,
                "log_level": "error",
            }
        ],
    )


async def test_a_command_that_is_gone_is_logged_once_whatever_its_answer_does(
    tree: Tree, desk: Desk
) -> None:
    desk.trouble = ValueError("broken")
    asked = discord.Interaction(
        data=interaction("watchlist"), state=tree.client._connection
    )
    error = discord.app_commands.CommandNotFound("watchlist", [])
    with structlog.testing.capture_logs() as logged:
        await tree.on_error(asked, error)

    assert [(one["command"], one.get("gone")) for one in logged] == [
        ("watchlist", True),
        ("watchlist", None),
    ]


async def test_suggestions_are_asked_for_the_option_being_typed(
    tree: Tree, desk: Desk
) -> None:
    search: Any = tree.get_command("search")
    found = await search._params["title"].autocomplete(None, "du")

    assert desk.typed == [("search", "title", "du")]
    assert [one.to_dict() for one in found] == [
        {"name": "Dune (2021) – in the library", "value": "movie:438631"}
    ]


def test_suggestions_that_do_not_fit_are_left_out() -> None:
    offered = [
        Suggestion("too long", "é" * 51),
        Suggestion("nothing", ""),
        Suggestion(" ", "nameless"),
        *(Suggestion(f"{number}", f"movie:{number}") for number in range(40)),
    ]

    assert [one.value for one in entries(offered)] == [
        f"movie:{number}" for number in range(25)
    ]


def test_a_long_title_gives_way_to_what_is_said_of_it() -> None:
    label = labelled("A very " * 20 + "long title (2021) – in the library")

    assert label == "A very " * 11 + "A ver… – in the library"
    assert len(label) <= 100


async def test_english_is_not_sent_as_a_translation(tree: Tree) -> None:
    words = described("search for a film")

    assert await Words().translate(words, discord.Locale.german, None) is None
    assert await Words().translate(words, discord.Locale.british_english, None) is None
    assert "localizations" not in json.dumps(await every(tree))


async def test_whoever_reads_german_is_told_in_german(tree: Tree) -> None:
    made = [part for one in await payloads(tree) for part in walk(one)]
    told = {one["name"]: one.get("description_localizations", {}) for one in made}

    assert told["status"] == {"de": "Zeigen, was läuft, langsam oder ausgefallen ist"}
    assert [name for name, texts in told.items() if set(texts) != {"de"}] == []
    assert [texts for texts in told.values() if not 1 <= len(texts["de"]) <= 100] == []


def answered(data: Any, status: int = 200) -> web.Response:
    """JSON; discord.py reads a content type with a charset as text."""
    headers = {"Content-Type": "application/json"}
    return web.Response(body=json.dumps(data), status=status, headers=headers)


async def test_each_language_has_only_what_its_catalogue_says(tree: Tree) -> None:
    catalogue = {
        "/me": "/ich",
        "/recent": "/Zu Letzt",
        "Show who you are here and your limits": "zeigt, wer du bist",
        "the link": "die Adresse",
    }

    def german(locale: str, said: Said) -> str:
        return catalogue.get(said.text, said.text) if locale == "de" else said.text

    made = {one["name"]: one for one in await payloads(tree, Words(german))}
    found = {
        one["name"]: {key: one[key] for key in one if key.endswith("localizations")}
        for one in (made["me"], made["recent"], made["download"]["options"][0])
    }

    assert found == {
        "me": {
            "name_localizations": {"de": "ich"},
            "description_localizations": {"de": "Zeigt, wer du bist"},
        },
        "recent": {},
        "url": {"description_localizations": {"de": "Die Adresse"}},
    }


class Discord:
    """As much of Discord as keeps commands; `status` is what it answers."""

    def __init__(self) -> None:
        self.kept: list[list[Payload]] = []
        self.status = 200
        self.answers: asyncio.Queue[Payload] = asyncio.Queue()

    async def answer(self, request: web.Request) -> web.Response:
        self.answers.put_nowait(await request.json())
        return web.Response(status=204)

    async def put(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return answered({"message": "no", "code": 0}, status=self.status)
        self.kept.append(await request.json())
        return answered([])

    async def me(self, _request: web.Request) -> web.Response:
        name = {"username": "bot", "discriminator": "0", "avatar": None}
        return answered({"id": str(APPLICATION), "bot": True} | name)

    async def application(self, _request: web.Request) -> web.Response:
        about = {"name": "bot", "description": "", "icon": None, "verify_key": ""}
        flags = {"bot_public": True, "bot_require_code_grant": False, "flags": 0}
        owner = {"id": "7", "username": "ana", "discriminator": "0", "avatar": None}
        return answered(
            {"id": str(APPLICATION), "owner": owner, "team": None} | about | flags
        )


@pytest.fixture
async def stand_in(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Discord]:
    stand_in = Discord()
    app = web.Application()
    app.router.add_get("/users/@me", stand_in.me)
    app.router.add_get("/oauth2/applications/@me", stand_in.application)
    app.router.add_post("/interactions/1/invented/callback", stand_in.answer)
    app.router.add_put(f"/applications/{APPLICATION}/commands", stand_in.put)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://{host}:{port}")
    yield stand_in
    await runner.cleanup()


async def test_commands_are_sent_only_when_they_changed(
    tree: Tree, stand_in: Discord
) -> None:
    await tree.client.login("invented")

    first = await sync(tree, None)
    again = await sync(tree, first)
    tree.remove_command("me")
    changed = await sync(tree, again)

    assert first == again != changed
    sent = [[one["name"] for one in kept] for kept in stand_in.kept]
    without_me = [name for name in sent[0] if name != "me"]
    assert ("me" in sent[0], sent) == (True, [sent[0], without_me])


@pytest.mark.parametrize("kept", [None, "old"])
async def test_commands_that_are_refused_are_sent_at_the_next_start(
    tree: Tree, stand_in: Discord, kept: str | None
) -> None:
    await tree.client.login("invented")
    stand_in.status = 400

    assert await sync(tree, kept) == (kept or "")


async def test_commands_wait_where_discord_is_not_there(
    tree: Tree, stand_in: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tree.client.login("invented")
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:1")

    assert (await sync(tree, "old"), stand_in.kept) == ("old", [])


async def test_commands_wait_where_nobody_logged_in(tree: Tree) -> None:
    assert await sync(tree, None) == ""


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        (
            "search",
            [{"name": "Dune (2021) – in the library", "value": "movie:438631"}],
        ),
        ("watchlist", []),
    ],
)
async def test_typing_is_answered_even_for_a_command_that_is_gone(
    tree: Tree, stand_in: Discord, name: str, choices: list[Payload]
) -> None:
    await tree.client.login("invented")
    typing = option("title", "du") | {"focused": True}
    deliver(tree, interaction(name, typing, kind=4))

    assert await stand_in.answers.get() == {"type": 8, "data": {"choices": choices}}
