"""The stand-in of Discord does what Discord does: asked by a client of others."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
import pytest_asyncio
import yarl
from discord import app_commands
from tests.discord_api import Asked, Channel, Impossible, Person, Server, discord_api
from tests.discord_api.fixtures import discord_server  # noqa: F401
from tests.discord_api.server import ME, TOKEN
from tests.discord_api.spec import SPEC, check_answer

# ruff: noqa: F811 - fixtures

Does = Callable[[discord.Interaction], Awaitable[Any]]
NEEDS_SPEC = pytest.mark.skipif(not SPEC.is_file(), reason="no description here")
FIRST = ["components", "0", "components", "0"]
TEXT = {"type": 10, "content": "x"}
V2 = {"flags": 1 << 15}
BOX = {"type": 17, "components": [TEXT, TEXT]}
COMMAND: dict[str, Any] = {"name": "search", "description": "Look", "type": 1}
OPTION = {"type": 3, "name": "a", "description": "A"}


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Yes", "custom_id": "yes"} | more


def row(**more: Any) -> dict[str, Any]:
    return {"type": 1, "components": [button(**more)]}


def menu(size: int) -> dict[str, Any]:
    options = [{"label": str(one), "value": str(one)} for one in range(size)]
    one = {"type": 3, "custom_id": "menu", "options": options}
    return {"type": 1, "components": [one]}


def field(value: str) -> dict[str, Any]:
    return {"name": "x", "value": value}


def planted(server: Server) -> list[str]:
    """What the check of the calls found, which the test meant it to."""
    found = list(server.spec_errors)
    server.spec_errors.clear()
    return found


async def posted(
    server: Server, path: str, body: Any, method: str = "POST"
) -> tuple[int, Any]:
    """A call as no library would make it."""
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with (
        aiohttp.ClientSession(f"{server.url}/api/v10/", headers=headers) as client,
        client.request(method, path.removeprefix("/"), json=body) as answer,
    ):
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, await answer.json() if is_json else None


@asynccontextmanager
async def socket(server: Server) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(server.gateway_url) as line,
    ):
        yield line


async def identified(
    line: aiohttp.ClientWebSocketResponse, *, is_new: bool = True
) -> dict[str, Any]:
    if is_new:
        assert (await line.receive_json())["op"] == 10
    await line.send_json({"op": 2, "d": {"token": TOKEN, "intents": 0}})
    ready: dict[str, Any] = (await line.receive_json())["d"]
    return ready


class Bot(discord.Client):
    """The least bot: what its commands do is said by each test."""

    def __init__(self, intents: discord.Intents, heartbeat_timeout_s: float) -> None:
        super().__init__(
            intents=intents,
            guild_ready_timeout=0.02,
            heartbeat_timeout=heartbeat_timeout_s,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.happened: list[str] = []
        self.does: Does = hello

    async def setup_hook(self) -> None:
        everywhere = app_commands.allowed_installs(guilds=True, users=True)
        admin = app_commands.Group(name="admin", description="For admins")
        people = app_commands.Group(name="people", description="Who", parent=admin)

        @self.tree.command(description="Look for something")
        @everywhere
        async def search(
            asked: discord.Interaction, query: str, season: int | None = None
        ) -> None:
            self.happened.append(f"search {query} {season} {asked.locale}")
            await self.does(asked)

        @search.autocomplete("query")
        async def titles(
            _: discord.Interaction, typed: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{typed}…", value="tmdb:438631")]

        @people.command(description="Add somebody")
        async def add(asked: discord.Interaction, who: discord.Member) -> None:
            self.happened.append(f"add {who.display_name}")
            await self.does(asked)

        self.tree.add_command(admin)
        await self.tree.sync()

    async def on_socket_event_type(self, event: str) -> None:
        self.happened.append(event)


async def hello(asked: discord.Interaction) -> None:
    await asked.response.send_message("Hello")


@asynccontextmanager
async def running(
    server: Server,
    intents: discord.Intents | None = None,
    token: str = "",
    heartbeat_timeout_s: float = 60.0,
) -> AsyncIterator[Bot]:
    wanted = discord.Intents(guilds=True) if intents is None else intents
    bot = Bot(wanted, heartbeat_timeout_s)
    line = discord.gateway.DiscordWebSocket
    real = (discord.http.Route.BASE, line.DEFAULT_GATEWAY)
    discord.http.Route.BASE = f"{server.url}/api/v10"
    line.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
    task = asyncio.create_task(bot.start(token or server.token))
    waits = asyncio.create_task(bot.wait_until_ready())
    try:
        await asyncio.wait((task, waits), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield bot
    finally:
        waits.cancel()
        await bot.close()
        await asyncio.gather(task, waits, return_exceptions=True)
        discord.http.Route.BASE, line.DEFAULT_GATEWAY = real
    assert [wrong for one in server.calls for wrong in check_answer(one)] == []


@pytest.fixture
def ana(discord_server: Server) -> Person:
    return discord_server.person("Ana", locale="de")


@pytest.fixture
def home(discord_server: Server, ana: Person) -> Channel:
    return discord_server.general(discord_server.guild("Home", ana))


@pytest_asyncio.fixture
async def bot(discord_server: Server, home: Channel) -> AsyncIterator[Bot]:
    assert home.has_bot
    async with running(discord_server) as one:
        yield one


async def searched(
    server: Server, bot: Bot, who: Person, where: Channel, does: Does, **more: Any
) -> Asked:
    """A search that the bot has finished with."""
    done = asyncio.Event()

    async def and_say(asked: discord.Interaction) -> None:
        try:
            await does(asked)
        finally:
            done.set()

    bot.does = and_say
    asked = server.slash(who, "search", {"query": "dune"}, where=where, **more)
    async with asyncio.timeout(20):
        await done.wait()
    return asked


async def refusal(call: Awaitable[Any]) -> tuple[int, int, str]:
    with pytest.raises(discord.HTTPException) as refused:
        await call
    return refused.value.status, refused.value.code, refused.value.text


class Buttons(discord.ui.View):
    """Two buttons and a menu, which tell what they were used for."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Request", custom_id="request 1")
    async def one(self, asked: discord.Interaction, _: Any) -> None:
        await asked.response.edit_message(content="Asked for", view=None)

    @discord.ui.button(label="More", custom_id="more")
    async def more(self, asked: discord.Interaction, _: Any) -> None:
        await asked.response.send_modal(Question())

    @discord.ui.select(
        placeholder="Seasons",
        max_values=2,
        custom_id="seasons",
        options=[
            discord.SelectOption(label=f"Season {n}", value=str(n)) for n in "123"
        ],
    )
    async def seasons(self, asked: discord.Interaction, menu: Any) -> None:
        await asked.response.send_message(" ".join(menu.values), ephemeral=True)


class Question(discord.ui.Modal, title="Why not?"):
    reason: Any = discord.ui.Label(
        text="Reason", component=discord.ui.TextInput(default="None")
    )

    async def on_submit(self, asked: discord.Interaction) -> None:
        assert isinstance(self.reason.component, discord.ui.TextInput)
        await asked.response.send_message(self.reason.component.value)


class Card(discord.ui.LayoutView):
    """A card of the newer kind, with a picture of its own."""

    def __init__(self, text: str = "**Dune**") -> None:
        super().__init__(timeout=None)
        button: Any = discord.ui.Button(label="Request", custom_id="r")
        section: Any = discord.ui.Section(text, accessory=button)
        item = discord.MediaGalleryItem("attachment://dune.png", description="Poster")
        gallery: Any = discord.ui.MediaGallery(item)
        self.add_item(discord.ui.Container(section, gallery))


def picture() -> discord.File:
    return discord.File(io.BytesIO(b"picture"), "dune.png")


async def test_a_command_comes_with_all_that_it_says(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    options = {"query": "dune", "season": 2}
    asked = discord_server.slash(ana, "search", options, where=home)
    await discord_server.until(lambda: asked.answered_at)
    assert "search dune 2 de" in bot.happened
    assert discord_server.what_they_see(ana, home) == "Medianest: Hello"
    assert discord_server.lacks_allowed_mentions == []


async def test_a_command_in_a_group_knows_who_is_meant(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    asked = discord_server.slash(ana, "admin people add", {"who": ana}, where=home)
    await discord_server.until(lambda: asked.answered_at)
    assert "add Ana" in bot.happened


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        ("find", {}, "/find was never synced"),
        ("search", {}, "/search needs query"),
        ("search", {"query": 3}, "query: 3 is not of its type"),
        ("search", {"query": "x", "year": 3}, "/search has no option year"),
        ("admin", {}, "/admin needs a sub-command"),
        ("admin people remove", {}, "/admin people remove: there is no remove"),
    ],
)
@pytest.mark.usefixtures("bot")
async def test_nobody_can_ask_what_their_client_does_not_offer(
    discord_server: Server,
    ana: Person,
    home: Channel,
    words: str,
    options: Any,
    why: str,
) -> None:
    with pytest.raises(Impossible, match=why):
        discord_server.slash(ana, words, options, where=home)


@pytest.mark.usefixtures("bot")
async def test_what_is_typed_brings_choices(
    discord_server: Server, ana: Person, home: Channel
) -> None:
    asked = discord_server.autocomplete(ana, "search", "query", "dun", where=home)
    await discord_server.until(lambda: asked.choices)
    assert asked.choices == [{"name": "dun…", "value": "tmdb:438631"}]


async def test_the_bot_learns_where_it_is_asked(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    ana.has_installed = True
    abroad = discord_server.guild("Abroad", ana, has_bot=False)
    ben = discord_server.person("Ben")
    found = []

    async def tell(asked: discord.Interaction) -> None:
        where = (asked.context.guild, asked.context.dm_channel)
        by = (asked.is_guild_integration(), asked.is_user_integration())
        found.append((*where, asked.guild_id is not None, *by))
        await hello(asked)

    for where in (
        home,
        discord_server.dm(ana),
        discord_server.general(abroad),
        discord_server.between(ana, ben),
    ):
        await searched(discord_server, bot, ana, where, tell)
    assert found == [
        (True, False, True, True, True),
        (False, True, False, False, True),
        (True, False, True, False, True),
        (False, False, False, False, True),
    ]


async def test_who_has_not_installed_the_bot_cannot_use_it_abroad(
    discord_server: Server, ana: Person, bot: Bot
) -> None:
    ben = discord_server.person("Ben")
    with pytest.raises(Impossible, match="not installed for Ana here"):
        await searched(
            discord_server, bot, ana, discord_server.between(ana, ben), hello
        )


async def test_who_installed_the_bot_gets_five_more_answers(
    discord_server: Server, ana: Person, bot: Bot
) -> None:
    ana.has_installed = True
    where = discord_server.between(ana, discord_server.person("Ben"))
    said = []

    async def many(asked: discord.Interaction) -> None:
        await hello(asked)
        for one in range(5):
            await asked.followup.send(str(one))
        said.append(await refusal(asked.followup.send("6")))

    await searched(discord_server, bot, ana, where, many)
    assert [one[:2] for one in said] == [(400, 40094)]


async def test_a_deferred_answer_thinks_until_it_is_there(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    ben = discord_server.person("Ben")
    seen = []

    async def slowly(asked: discord.Interaction) -> None:
        await asked.response.defer(ephemeral=True)
        seen.append(discord_server.what_they_see(ana, home))
        assert len(discord_server.thinking()) == 1
        await asked.edit_original_response(content="Found")

    asked = await searched(discord_server, bot, ana, home, slowly)
    assert seen == ["(only you) Medianest: thinking…"]
    assert discord_server.what_they_see(ana, home) == "(only you) Medianest: Found"
    assert discord_server.what_they_see(ben, home) == ""
    assert (discord_server.thinking(), asked.acknowledged) == ([], 5)


async def test_the_first_followup_fills_a_deferred_answer(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    async def twice(asked: discord.Interaction) -> None:
        await asked.response.defer(ephemeral=True)
        await asked.followup.send("One")
        two = await asked.followup.send("Two", wait=True)
        await two.edit(content="Zwei")
        three = await asked.followup.send("Three", wait=True)
        await three.delete()

    await searched(discord_server, bot, ana, home, twice)
    seen = discord_server.what_they_see(ana, home)
    assert seen == "(only you) Medianest: One\nMedianest: Zwei"


async def test_a_press_changes_the_message_it_stands_on(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    await searched(
        discord_server,
        bot,
        ana,
        home,
        lambda asked: asked.response.send_message("Dune?", view=Buttons()),
    )
    assert discord_server.what_they_see(ana, home) == (
        "Medianest: Dune?\n  [Request] [More]\n"
        "  {Seasons: Season 1 | Season 2 | Season 3}"
    )
    message = discord_server.newest(ana, home)
    pressed = discord_server.presses(ana, message, "Request")
    await discord_server.until(lambda: pressed.answered_at)
    assert discord_server.what_they_see(ana, home) == "Medianest: Asked for"


async def test_a_menu_and_a_modal_say_what_was_chosen(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    bot.add_view(Buttons())
    channel: Any = bot.get_channel(home.id)
    await channel.send("Dune?", view=Buttons())
    message = discord_server.newest(ana, home)
    menu = discord_server.picks(ana, message, "Seasons", ["Season 3", "1"])
    await discord_server.until(lambda: menu.answered_at)
    opened = discord_server.presses(ana, message, "More")
    await discord_server.until(lambda: opened.modal)
    seen = discord_server.what_they_see(ana, home).split("\n")[3:]
    assert seen == ["(only you) Medianest: 3 1", "╔ Why not?", "║ Reason: ‹None›"]
    sent = discord_server.submits(opened, {"Reason": "Too long"})
    await discord_server.until(lambda: sent.answered_at)
    seen = discord_server.what_they_see(ana, home).split("\n")[3:]
    assert seen == ["(only you) Medianest: 3 1", "Medianest: Too long"]


class Old(discord.ui.DynamicItem[Any], template=r"request:(?P<number>\d+)"):
    def __init__(self, number: str) -> None:
        self.number = number
        button: Any = discord.ui.Button(label="Request", custom_id=f"request:{number}")
        super().__init__(button)

    @classmethod
    async def from_custom_id(cls, _: Any, __: Any, match: Any, /) -> Old:
        return cls(match["number"])

    async def callback(self, asked: discord.Interaction) -> None:
        await asked.response.edit_message(content=f"Number {self.number}", view=None)


async def test_a_button_answers_whom_it_does_not_know(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    bot.add_dynamic_items(Old)
    channel: Any = bot.get_channel(home.id)
    await channel.send(
        "Old", view=discord.ui.View(timeout=None).add_item(Old("438631"))
    )
    bot._connection._view_store._views.clear()
    message = discord_server.newest(ana, home)
    pressed = discord_server.presses(ana, message, "Request")
    await discord_server.until(lambda: pressed.answered_at)
    assert discord_server.what_they_see(ana, home) == "Medianest: Number 438631"


async def test_a_second_acknowledgement_is_refused(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    said = []

    async def twice(asked: discord.Interaction) -> None:
        await hello(asked)
        asked.response._response_type = None
        said.append(await refusal(asked.response.send_message("Again")))

    asked = await searched(discord_server, bot, ana, home, twice)
    words = "Interaction has already been acknowledged."
    assert said == [(400, 40060, words)]
    assert discord_server.interactions.twice == [asked]


async def test_who_acknowledges_late_has_lost(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    said = []

    async def late(asked: discord.Interaction) -> None:
        discord_server.advance(3.5)
        said.append(await refusal(hello(asked)))

    await searched(discord_server, bot, ana, home, late)
    assert said == [(404, 10062, "Unknown interaction")]
    told = "(only you) The application did not respond"
    assert discord_server.what_they_see(ana, home) == told


async def test_a_token_ends_after_fifteen_minutes(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    said = []

    async def late(asked: discord.Interaction) -> None:
        await asked.response.defer()
        discord_server.advance(901)
        said.append(await refusal(asked.edit_original_response(content="x")))

    await searched(discord_server, bot, ana, home, late)
    assert said == [(401, 50027, "Invalid Webhook Token")]


async def test_a_message_is_sent_edited_found_and_deleted(
    discord_server: Server, ana: Person, bot: Bot
) -> None:
    user = await bot.fetch_user(ana.id)
    sent = await user.send("Soon")
    await sent.edit(content="Now")
    found = await sent.channel.fetch_message(sent.id)
    dm = discord_server.dm(ana)
    assert (found.content, discord_server.what_they_see(ana, dm)) == (
        "Now",
        "Medianest: Now",
    )
    await sent.delete()
    assert await refusal(sent.edit(content="x")) == (404, 10008, "Unknown Message")


async def test_a_person_may_refuse_direct_messages(ana: Person, bot: Bot) -> None:
    ana.refuses_dms = True
    user = await bot.fetch_user(ana.id)
    words = "Cannot send messages to this user"
    assert await refusal(user.send("Hello")) == (403, 50007, words)


async def test_channels_and_members_may_be_out_of_reach(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    assert home.guild is not None
    ben = discord_server.person("Ben")
    channel: Any = bot.get_partial_messageable(home.id)
    guild: Any = bot.get_guild(home.guild.id)
    said = [await refusal(guild.fetch_member(ben.id))]
    discord_server.forbids(home)
    said.append(await refusal(channel.send("x")))
    discord_server.forbids(home, 1 << 10)
    said.append(await refusal(channel.send("x")))
    discord_server.deletes_channel(home)
    said.append(await refusal(channel.send("x")))
    assert (await guild.fetch_member(ana.id)).display_name == "Ana"
    assert said == [
        (404, 10007, "Unknown Member"),
        (403, 50013, "Missing Permissions"),
        (403, 50001, "Missing Access"),
        (404, 10003, "Unknown Channel"),
    ]


async def test_a_card_keeps_its_picture(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    async def show(asked: discord.Interaction) -> None:
        await asked.response.defer()
        await asked.edit_original_response(view=Card(), attachments=[picture()])

    await searched(discord_server, bot, ana, home, show)
    assert discord_server.what_they_see(ana, home) == (
        "Medianest: <dune.png>\n  │ **Dune** [Request]\n  │ <dune.png: Poster>"
    )
    channel: Any = bot.get_channel(home.id)
    found = [one async for one in channel.history()]
    assert await found[0].attachments[0].read() == b"picture"


async def test_a_card_of_the_newer_kind_stays_one(
    discord_server: Server, home: Channel, bot: Bot
) -> None:
    channel: Any = bot.get_channel(home.id)
    sent = await channel.send(view=Card(), file=picture())
    _, code, text = await refusal(sent.edit(content="Dune"))
    assert (code, text) == (
        50035,
        (
            "Invalid Form Body\nIn content: The 'content' field cannot be used when "
            "using MessageFlags.IS_COMPONENTS_V2"
        ),
    )
    assert planted(discord_server) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"content": "x" * 2001}, ["content"]),
        ({"embeds": [{"title": "x"}] * 11}, ["embeds"]),
        ({"embeds": [{"description": "x" * 3001}] * 2}, ["embeds"]),
        ({"embeds": [{"fields": [field("x")] * 26}]}, ["embeds", "0", "fields"]),
        (
            {"embeds": [{"fields": [field("")]}]},
            ["embeds", "0", "fields", "0", "value"],
        ),
        ({"components": [row(label="x" * 81)]}, [*FIRST, "label"]),
        ({"components": [row(custom_id="x" * 101)]}, [*FIRST, "custom_id"]),
        ({"components": [row(), row()]}, [*FIRST, "custom_id"]),
        ({"components": [row()] * 6}, ["components"]),
        ({"components": [menu(26)]}, [*FIRST, "options"]),
        ({"components": [TEXT]}, ["components", "0", "type"]),
        ({"components": [TEXT | {"content": "x" * 2001}] * 2} | V2, ["components"]),
        ({"components": [TEXT] * 41} | V2, ["components"]),
        ({"components": [BOX] * 14} | V2, ["components"]),
        ({"components": [TEXT], "content": "x"} | V2, ["content"]),
        ({"components": [button()]} | V2, ["components", "0", "type"]),
        ({"content": "x", "flags": 64}, ["flags"]),
        (
            {"embeds": [{"image": {"url": "attachment://x.png"}}]},
            ["embeds", "0", "image", "url"],
        ),
        ({"content": "x", "attachments": [{"id": 0}]}, ["attachments", "0"]),
    ],
)
async def test_what_is_too_much_is_refused_where_it_is(
    discord_server: Server, home: Channel, body: Any, where: list[str]
) -> None:
    status, said = await posted(discord_server, f"/channels/{home.id}/messages", body)
    place = said["errors"]
    for step in where:
        place = place[step]
    planted(discord_server)
    assert (status, said["code"], list(place)[:1]) == (400, 50035, ["_errors"])


async def test_what_is_just_little_enough_is_taken(
    discord_server: Server, home: Channel
) -> None:
    bodies: list[Any] = [
        {"content": "x" * 2000},
        {"embeds": [{"description": "x" * 3000}] * 2},
        {"components": [row(label="x" * 80, custom_id="x" * 100)]},
        {"components": [menu(25)]},
        {"components": [TEXT | {"content": "x" * 2000}] * 2} | V2,
        {"components": [TEXT] * 40} | V2,
        {"components": [BOX] * 13} | V2,
    ]
    path = f"/channels/{home.id}/messages"
    done = [(await posted(discord_server, path, one))[0] for one in bodies]
    assert done == [200] * 7
    assert len(discord_server.lacks_allowed_mentions) == 7


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        ([COMMAND | {"name": "Search"}], "STRING_TYPE_REGEX"),
        ([COMMAND | {"description": ""}], "BASE_TYPE_BAD_LENGTH"),
        ([COMMAND, COMMAND], "APPLICATION_COMMANDS_DUPLICATE_NAME"),
        ([COMMAND | {"name": f"c{n}"} for n in range(101)], "APPLICATION_COMMANDS_MAX"),
        (
            [COMMAND | {"options": [OPTION, OPTION | {"name": "b", "required": True}]}],
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
    ],
)
async def test_commands_that_cannot_be_are_refused(
    discord_server: Server, commands: Any, code: str
) -> None:
    path = f"/applications/{ME}/commands"
    status, said = await posted(discord_server, path, commands, "PUT")
    planted(discord_server)
    assert (status, said["code"], code in str(said["errors"])) == (400, 50035, True)


@pytest.mark.parametrize("how", ["close", "cut", "reconnect"])
async def test_a_lost_connection_is_resumed_and_nothing_missed(
    discord_server: Server, ana: Person, home: Channel, bot: Bot, how: str
) -> None:
    gateway = discord_server.gateway
    {
        "close": lambda: gateway.drop(4000),
        "cut": gateway.drop,
        "reconnect": gateway.reconnect,
    }[how]()
    asked = discord_server.slash(ana, "search", {"query": "dune"}, where=home)
    await discord_server.until(lambda: asked.answered_at and gateway.session.resumes)
    assert (len(gateway.identifies), gateway.session.resumes) == (1, 1)
    assert bot.happened.count("search dune None de") == 1


async def test_a_lost_session_begins_anew(discord_server: Server) -> None:
    async with socket(discord_server) as line:
        first = await identified(line)
        discord_server.gateway.invalidate()
        assert (await line.receive_json())["op"] == 9
        said = {"token": TOKEN, "session_id": first["session_id"], "seq": 1}
        await line.send_json({"op": 6, "d": said})
        assert await line.receive_json() == {"op": 9, "d": False}
        again = await identified(line, is_new=False)
    assert again["session_id"] != first["session_id"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
        ({"op": 2, "d": {"token": TOKEN, "intents": 1 << 30}}, 4013),
        ({"op": 2, "d": {"token": TOKEN, "intents": 1 << 15}}, 4014),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 99}, 4001),
        ("no object", 4002),
    ],
)
async def test_who_speaks_wrongly_is_shown_out(
    discord_server: Server, said: Any, code: int
) -> None:
    async with socket(discord_server) as line:
        await line.receive_json()
        await line.send_json(said)
        assert (await line.receive()).data == code


async def test_a_wrong_token_does_not_log_in(discord_server: Server) -> None:
    with pytest.raises(discord.LoginFailure):
        async with running(discord_server, token="wrong"):
            pass


async def test_a_deaf_gateway_acknowledges_no_beat() -> None:
    async with discord_api(heartbeat_ms=20) as server, socket(server) as line:
        await identified(line)
        await line.send_json({"op": 1, "d": 1})
        assert await line.receive_json() == {"op": 11}
        server.gateway.goes_deaf()
        await line.send_json({"op": 1, "d": 1})
        await server.until(lambda: server.gateway.unheard)
        server.gateway.hears_again()
        await line.send_json({"op": 1, "d": 1})
        assert await line.receive_json() == {"op": 11}
        assert server.gateway.beats == 2


async def test_a_client_leaves_a_deaf_gateway_and_comes_back() -> None:
    async with discord_api(heartbeat_ms=30) as server:
        ana = server.person("Ana")
        home = server.general(server.guild("Home", ana))
        async with running(server, heartbeat_timeout_s=0.5):
            server.gateway.goes_deaf()
            asked = server.slash(ana, "search", {"query": "dune"}, where=home)
            await server.until(lambda: server.gateway.closes)
            assert asked.acknowledged is None
            server.gateway.hears_again()
            await server.until(lambda: asked.answered_at)
            assert len(server.gateway.identifies) == 1


async def test_ready_may_come_again(
    discord_server: Server, home: Channel, bot: Bot
) -> None:
    assert bot.happened[:2] == ["READY", "GUILD_CREATE"]
    again = bot.wait_for("ready")
    discord_server.gateway.ready_again()
    await again
    assert bot.happened[2:4] == ["READY", "GUILD_CREATE"]
    assert bot.get_channel(home.id) is not None


async def test_the_bot_comes_into_a_server_and_goes(
    discord_server: Server, ana: Person, bot: Bot
) -> None:
    other = discord_server.guild("Other", ana, has_bot=False)
    joins, leaves = bot.wait_for("guild_join"), bot.wait_for("guild_remove")
    discord_server.adds_bot(other)
    joined: Any = await joins
    assert [one.name for one in joined.text_channels] == ["general"]
    await joined.leave()
    assert (await leaves).id == other.id
    assert not other.has_bot


async def test_without_the_intent_nothing_is_told_of_servers(
    discord_server: Server, home: Channel, ana: Person
) -> None:
    async with running(discord_server, discord.Intents.none()) as bot:
        discord_server.says(ana, home, "Hello")
        await searched(discord_server, bot, ana, home, hello)
    assert bot.happened == ["READY", "INTERACTION_CREATE", "search dune None de"]


async def test_a_limit_is_waited_for_or_looks_like_a_ban(
    discord_server: Server, home: Channel, bot: Bot
) -> None:
    channel: Any = bot.get_channel(home.id)
    discord_server.fail("create_message", 429, retry_after_s=0.01, is_global=True)
    await channel.send("Hello")
    discord_server.fail("create_message", 429, via=False)
    assert (await refusal(channel.send("x")))[0] == 429
    assert [one.status for one in discord_server.called("create_message")] == [
        429,
        200,
        429,
    ]


async def test_who_is_too_fast_is_told_so() -> None:
    async with discord_api(buckets={"get_my_user": (2, 5.0)}) as server:
        found = [await posted(server, "/users/@me", None, "GET") for _ in range(3)]
        left = [one.headers["X-RateLimit-Remaining"] for one in server.calls]
        assert [status for status, _ in found] == [200, 200, 429]
        assert (left, server.violations) == (["1", "0", "0"], server.calls[2:])


@pytest.mark.parametrize(("when", "seen"), [("before", ""), ("after", "Medianest: x")])
async def test_calls_fail_before_or_after_their_effect(
    discord_server: Server, ana: Person, home: Channel, bot: Bot, when: Any, seen: str
) -> None:
    channel: Any = bot.get_channel(home.id)
    discord_server.fail("create_message", 503, when=when)
    assert (await refusal(channel.send("x")))[0] == 503
    assert discord_server.what_they_see(ana, home) == seen


@pytest.mark.parametrize(("when", "seen"), [("before", ""), ("after", "Medianest: x")])
async def test_connections_are_cut_before_or_after_the_effect(
    discord_server: Server, ana: Person, home: Channel, bot: Bot, when: Any, seen: str
) -> None:
    channel: Any = bot.get_channel(home.id)
    discord_server.cut("create_message", when)
    with pytest.raises(aiohttp.ClientError):
        await channel.send("x")
    assert discord_server.what_they_see(ana, home) == seen


async def test_a_call_may_be_held_and_let_go(
    discord_server: Server, ana: Person, home: Channel, bot: Bot
) -> None:
    hold = discord_server.hold("create_interaction_response")
    asked = discord_server.slash(ana, "search", {"query": "dune"}, where=home)
    await hold.arrived.wait()
    assert (asked.acknowledged, bot.happened[-1]) == (None, "search dune None de")
    hold.release()
    await discord_server.until(lambda: asked.acknowledged)


async def test_a_message_without_allowed_mentions_is_noticed(
    discord_server: Server, home: Channel, bot: Bot
) -> None:
    bot._connection.allowed_mentions = None
    channel: Any = bot.get_channel(home.id)
    await channel.send("@everyone")
    said = [one["content"] for one in discord_server.lacks_allowed_mentions]
    assert said == ["@everyone"]


@NEEDS_SPEC
async def test_a_call_that_the_description_does_not_know_is_noticed(
    discord_server: Server, home: Channel
) -> None:
    body = {"content": 3, "embeds": None}
    await posted(discord_server, f"/channels/{home.id}/messages", body)
    await posted(discord_server, "/users/@me/channels", {"recipient_id": "x"})
    assert planted(discord_server) == [
        "create_message['content']: 3 is not of type 'string', 'null'",
        "create_dm['recipient_id']: 'x' does not match '^(0|[1-9][0-9]*)$'",
    ]


async def test_the_stand_in_runs_on_its_own() -> None:
    command = (sys.executable, "-m", "tests.discord_api")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=Path(__file__).parents[1], stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().split()[0]
        async with aiohttp.ClientSession(f"{url}/") as client:
            told = await asked_of_another_process(client)
    finally:
        process.terminate()
        await process.wait()
    assert process.returncode == 0
    assert (told["acknowledged"], told["answered_after_s"]) == (None, None)


async def asked_of_another_process(client: aiohttp.ClientSession) -> Any:
    async def control(what: str, **given: Any) -> Any:
        return await (await client.post(f"control/{what}", json=given)).json()

    ana = (await control("person", name="Ana"))["id"]
    await control("guild", name="Home", members=[ana])
    where = (await control("dm", person=ana))["id"]
    headers = {"Authorization": f"Bot {TOKEN}"}
    path = f"api/v10/applications/{ME}/commands"
    await client.put(path, json=[COMMAND], headers=headers)
    sent = await control("slash", person=ana, words="search", where=where)
    outcome = await client.get(f"control/asked?patience_s=0&id={sent['id']}")
    state = await (await client.get("control/state")).json()
    assert (state["commands"], state["is_connected"]) == (["search"], False)
    return (await outcome.json())[0]
