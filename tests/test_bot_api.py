"""The stand-in of Telegram does what Telegram does: asked by a client of others."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    CopyTextButton,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
)
from telegram.error import (
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from tests.bot_api import Person, Server, bot_api
from tests.bot_api.fixtures import telegram  # noqa: F401
from tests.bot_api.server import TOKEN
from tests.bot_api.spec import SPEC, check_result, check_value
from tests.bot_api.things import THINGS

# ruff: noqa: F811 - fixtures

NO_URL = "Inline keyboard button URL '{}' is invalid: {}"
NEEDS_SPEC = pytest.mark.skipif(not SPEC.is_file(), reason="no description here")


@pytest_asyncio.fixture
async def bot(telegram: Server) -> AsyncIterator[Bot]:
    async with client(telegram) as one:
        yield one
    answered = [one for one in telegram.calls if one.status == 200]
    wrong = [check_result(one.method, one.result["result"]) for one in answered]
    assert [one for one in wrong if one] == []


@pytest.fixture
def ana(telegram: Server) -> Person:
    return telegram.person(102, "Ana")


def client(server: Server, token: str | None = None) -> Bot:
    return Bot(
        token or server.token,
        base_url=f"{server.url}/bot",
        base_file_url=f"{server.file_url}/file/bot",
    )


def keyboard(**buttons: Any) -> InlineKeyboardMarkup:
    one = InlineKeyboardButton("Yes", **(buttons or {"callback_data": "do it"}))
    return InlineKeyboardMarkup([[one]])


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 60)).save(drawn, "PNG")
    return drawn.getvalue()


async def refusal(call: Awaitable[Any]) -> str:
    with pytest.raises(TelegramError) as refused:
        await call
    return f"{type(refused.value).__name__}: {refused.value.message}"


def planted(server: Server) -> list[str]:
    """What the check of the calls found, which the test meant it to."""
    found = list(server.spec_errors)
    server.spec_errors.clear()
    return found


async def test_a_text_loses_its_tags_and_keeps_what_they_meant(
    bot: Bot, ana: Person
) -> None:
    html = '😀 <b>Dune</b> &amp; <a href="https://a.example/x">more</a>\n'
    sent = await bot.send_message(ana.id, html, parse_mode="HTML")
    found = [(one.type, one.offset, one.length, one.url) for one in sent.entities]
    assert sent.text == "😀 Dune & more"
    assert found == [
        ("bold", 3, 4, None),
        ("text_link", 10, 4, "https://a.example/x"),
    ]


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>x", "Can't find end tag corresponding to start tag b"),
        ("ä<film>", 'Unsupported start tag "film" at byte offset 2'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        (
            "<b>x</i>",
            'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        ),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
    ],
)
async def test_broken_markup_is_refused(
    bot: Bot, ana: Person, html: str, why: str
) -> None:
    said = await refusal(bot.send_message(ana.id, html, parse_mode="HTML"))
    assert said == f"BadRequest: Can't parse entities: {why.lower()}" or said == (
        f"BadRequest: Can't parse entities: {why}"
    )


async def test_lengths_count_behind_the_markup(bot: Bot, ana: Person) -> None:
    sent = await bot.send_message(ana.id, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert len(sent.text or "") == 4096


@NEEDS_SPEC
async def test_what_is_too_long_or_empty_is_refused_and_noted(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    long = await refusal(bot.send_message(ana.id, "😀" * 2049))
    empty = await refusal(bot.send_message(ana.id, "<b> </b>", parse_mode="HTML"))
    caption = await refusal(bot.send_photo(ana.id, picture(), caption="x" * 1025))
    assert [long, empty, caption] == [
        "BadRequest: Message is too long",
        "BadRequest: Message text is empty",
        "BadRequest: Message caption is too long",
    ]
    assert planted(telegram) == [
        "sendMessage.text: 4098 characters, not 1-4096",
        "sendPhoto.caption: 1025 characters, not 0-1024",
    ]


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"callback_data": "é" * 33}, "Button_data_invalid"),
        (
            {"url": "http://plex:32400"},
            NO_URL.format("http://plex:32400", "Wrong HTTP URL"),
        ),
        (
            {"url": "ftp://b.c"},
            NO_URL.format("ftp://b.c", "Unsupported URL protocol"),
        ),
    ],
)
async def test_a_button_that_cannot_be_is_refused(
    telegram: Server, bot: Bot, ana: Person, button: Any, why: str
) -> None:
    said = await refusal(bot.send_message(ana.id, "x", reply_markup=keyboard(**button)))
    planted(telegram)
    assert said.lower() == f"BadRequest: {why}".lower()


async def test_a_button_is_one_thing_only(bot: Bot, ana: Person) -> None:
    two = {"url": "https://a.example", "callback_data": "x"}
    both = await refusal(bot.send_message(ana.id, "x", reply_markup=keyboard(**two)))
    assert "exactly one of url, callback_data" in both
    none = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", pay=None)]])
    said = await refusal(bot.send_message(ana.id, "x", reply_markup=none))
    assert "text buttons are unallowed" in said
    row = [InlineKeyboardButton("x", callback_data="x")] * 9
    wide = bot.send_message(ana.id, "x", reply_markup=InlineKeyboardMarkup([row]))
    assert "REPLY_MARKUP_TOO_LONG" in (await refusal(wide)).upper()


@NEEDS_SPEC
async def test_the_check_finds_what_the_client_would_never_send(
    telegram: Server, ana: Person
) -> None:
    url = f"{telegram.url}/bot{telegram.token}"
    async with httpx.AsyncClient() as http:
        missing = await http.post(f"{url}/sendMessage", json={"text": "x", "foo": 1})
        wrong = {"chat_id": ana.id, "text": "x", "reply_markup": {"inline_keyboard": 5}}
        typed = await http.post(f"{url}/sendMessage", json=wrong)
        unknown = await http.get(f"{url}/sendNothing")
        stranger = await http.get(f"{telegram.url}/bot1:x/getMe")
    assert [missing.status_code, typed.status_code] == [400, 400]
    assert unknown.json()["description"] == "Not Found: method not found"
    assert stranger.json() == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }
    assert planted(telegram) == [
        "sendMessage.chat_id: required, not there",
        "sendMessage.foo: unknown",
        "sendMessage.reply_markup.inline_keyboard: no list",
        "sendNothing: no such method",
    ]


async def test_an_edit_must_change_something(bot: Bot, ana: Person) -> None:
    sent = await bot.send_message(ana.id, "x", reply_markup=keyboard())
    same = bot.edit_message_text("x", ana.id, sent.id, reply_markup=keyboard())
    said = await refusal(same)
    assert said.startswith("BadRequest: Message is not modified: specified new")
    changed = await bot.edit_message_text("x", ana.id, sent.id)
    assert isinstance(changed, Message)
    assert changed.reply_markup is None


async def test_only_a_message_of_the_right_kind_is_edited(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    photo = await bot.send_photo(ana.id, picture(), caption="x")
    text = await bot.send_message(ana.id, "x")
    asking = await bot.send_message(ana.id, "x", reply_markup=ForceReply())
    theirs = telegram.says(ana, "hello")
    gone = telegram.deletes(telegram.answers(ana)[1])
    said = [
        await refusal(bot.edit_message_text("y", ana.id, photo.id)),
        await refusal(bot.edit_message_text("y", ana.id, gone.id)),
        await refusal(bot.edit_message_text("y", ana.id, asking.id)),
        await refusal(bot.edit_message_text("y", ana.id, theirs.id)),
        await refusal(bot.delete_message(ana.id, text.id)),
    ]
    assert said == [
        "BadRequest: There is no text in the message to edit",
        "BadRequest: Message to edit not found",
        "BadRequest: Message can't be edited",
        "BadRequest: Message can't be edited",
        "BadRequest: Message to delete not found",
    ]


async def test_a_photo_comes_by_upload_by_number_and_by_address(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    data = picture()
    sent = await bot.send_photo(ana.id, data, caption="<i>x</i>", parse_mode="HTML")
    again = await bot.send_photo(ana.id, sent.photo[-1].file_id)
    file = await bot.get_file(again.photo[-1].file_id)
    telegram.refuses_url("https://a.example/x")
    assert bytes(await file.download_as_bytearray()) == data
    assert [one.is_photo for one in telegram.answers(ana)] == [True, True]
    assert [
        await refusal(bot.send_photo(ana.id, "https://a.example/x")),
        await refusal(bot.send_photo(ana.id, "http://192.168.1.2:32400/poster")),
        await refusal(bot.send_photo(ana.id, b"no picture")),
    ] == [
        "BadRequest: Wrong type of the web page content",
        "BadRequest: Failed to get http url content",
        "BadRequest: Image_process_failed",
    ]


async def test_media_documents_reactions_and_actions_work(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    sent = await bot.send_photo(ana.id, picture(), caption="one")
    await bot.edit_message_media(InputMediaPhoto(picture(), "two"), ana.id, sent.id)
    await bot.edit_message_caption(ana.id, sent.id, caption="three")
    await bot.edit_message_reply_markup(ana.id, sent.id, reply_markup=keyboard())
    await bot.send_document(ana.id, b"a,b", filename="list.csv", caption="four")
    await bot.send_chat_action(ana.id, "typing")
    said = telegram.says(ana, "/x")
    await bot.set_message_reaction(ana.id, said.id, "👀")
    seen = [(one.text, one.labels) for one in telegram.answers(ana)]
    assert seen == [("three", ["Yes"]), ("four", [])]
    assert telegram.world.actions == [(ana.id, "typing")]
    assert telegram.world.reactions == {
        (ana.id, said.id): [{"type": "emoji", "emoji": "👀"}]
    }


async def test_a_press_is_answered_once(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    await bot.send_message(ana.id, "x", reply_markup=keyboard())
    press = telegram.presses(ana, telegram.answers(ana)[0], "Yes")
    query = (await bot.get_updates())[0].callback_query
    assert query is not None
    await bot.answer_callback_query(query.id, "Done")
    assert (query.data, press.answer) == ("do it", {"text": "Done"})
    again = await refusal(bot.answer_callback_query(query.id))
    assert again.startswith("BadRequest: Query is too old and response timeout expired")


async def test_a_press_on_what_is_gone_shows_no_text(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    await bot.send_message(ana.id, "x", reply_markup=keyboard())
    telegram.presses(ana, telegram.answers(ana)[0], "Yes", inaccessible=True)
    query = (await bot.get_updates())[0].callback_query
    assert query is not None
    assert query.message is not None
    assert not query.message.is_accessible


async def test_updates_come_again_until_they_are_confirmed(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    for text in ("one", "two", "three"):
        telegram.says(ana, text)
    first = await bot.get_updates(limit=2)
    again = await bot.get_updates()
    rest = await bot.get_updates(offset=first[1].update_id + 1)
    last = await bot.get_updates(offset=-1)
    assert [one.update_id for one in first] == [one.update_id for one in again[:2]]
    assert [texts(some) for some in (again, rest, last)] == [
        ["one", "two", "three"],
        ["three"],
        ["three"],
    ]


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    said = [one.effective_message for one in updates]
    return [one.text if one else None for one in said]


async def test_a_long_poll_ends_when_something_happens(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: telegram.updates.is_polled)
    telegram.says(ana, "now")
    assert texts(await poll) == ["now"]


async def test_of_two_pollers_the_older_one_is_sent_away(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: telegram.updates.is_polled)
    # A client of its own: one client asks one thing after the other.
    async with client(telegram) as another:
        newer = asyncio.create_task(another.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        telegram.says(ana, "x")
        assert texts(await newer) == ["x"]


async def test_a_webhook_is_brought_updates_until_it_takes_them(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    brought: list[tuple[str | None, str]] = []
    troubles: list[str | None] = []

    async def take(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        brought.append((secret, (await request.json())["message"]["text"]))
        telegram.woke()
        return web.Response(status=500 if len(brought) == 1 else 200)

    app = web.Application()
    app.router.add_post("/telegram", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    telegram.updates.webhook_goes_to = f"http://127.0.0.1:{runner.addresses[0][1]}"
    await bot.set_webhook("https://bot.example/telegram", secret_token="s-1")
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook"):
        await bot.get_updates()
    telegram.says(ana, "x")
    await telegram.until(lambda: len(brought) == 2)
    troubles.append((await bot.get_webhook_info()).last_error_message)
    await bot.delete_webhook()
    await runner.cleanup()
    assert brought == [("s-1", "x")] * 2
    assert troubles == ["Wrong response from the webhook: 500 Internal Server Error"]


async def test_commands_are_kept_per_scope_and_language(bot: Bot) -> None:
    everybody = [BotCommand("help", "Say what there is")]
    private = [BotCommand("suche", "Suche einen Film")]
    scope = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands(everybody)
    await bot.set_my_commands(private, scope, "de")
    await bot.set_my_description("A bot")
    assert [
        await bot.get_my_commands(),
        await bot.get_my_commands(scope, "de"),
        await bot.get_my_commands(scope),
    ] == [tuple(everybody), tuple(private), ()]
    assert (await bot.get_my_description()).description == "A bot"
    await bot.delete_my_commands(scope, "de")
    assert await bot.get_my_commands(scope, "de") == ()


async def test_a_bot_hears_from_a_group_only_what_is_meant_for_it(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    group = telegram.group(-1001, "Family")
    telegram.adds_bot(ana, group)
    ours = await bot.send_message(group.id, "hello")
    telegram.says(ana, "nobody's business", group)
    telegram.says(ana, "/search dune", group)
    telegram.says(ana, "dune", group, reply_to=group.messages[ours.id])
    heard = await bot.get_updates()
    assert texts(heard) == [None, None, "/search dune", "dune"]
    member = await bot.get_chat_member(group.id, ana.id)
    assert (member.status, (await bot.get_chat(group.id)).title) == ("member", "Family")
    # The thread of an answer is no topic: nothing can be sent to it.
    answer = heard[-1].message
    assert answer is not None
    thread = bot.send_message(group.id, "x", message_thread_id=answer.message_thread_id)
    assert await refusal(thread) == "BadRequest: Message thread not found"


async def test_a_topic_keeps_its_talk(telegram: Server, bot: Bot, ana: Person) -> None:
    group = telegram.group(-1002, "Forum", forum=True, bot="administrator")
    topic = telegram.topic(group, "Films", ana)
    said = telegram.says(ana, "/x", group, thread=topic)
    sent = await bot.send_message(group.id, "y", message_thread_id=topic)
    lost = ReplyParameters(9999, allow_sending_without_reply=True)
    answer = bot.send_message(
        group.id, "z", message_thread_id=topic, reply_parameters=lost
    )
    assert (said.thread, sent.message_thread_id) == (topic, topic)
    assert sent.is_topic_message
    assert await refusal(answer) == "BadRequest: Message to be replied not found"


async def test_a_lost_message_can_be_answered_only_when_allowed(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    said = telegram.says(ana, "x")
    telegram.deletes(said)
    strict, loose = (
        ReplyParameters(said.id, allow_sending_without_reply=one)
        for one in (False, True)
    )
    refused = await refusal(bot.send_message(ana.id, "y", reply_parameters=strict))
    sent = await bot.send_message(ana.id, "y", reply_parameters=loose)
    assert refused == "BadRequest: Message to be replied not found"
    assert sent.reply_to_message is None


async def test_where_the_bot_may_not_write_it_hears_why(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    unmet = telegram.person(900, "Eve", started=False)
    group = telegram.group(-1003, "Others", bot="member")
    telegram.blocks(ana)
    telegram.removes_bot(ana, group)
    said = [
        await refusal(bot.send_message(chat, "x"))
        for chat in (ana.id, group.id, unmet.id, -55)
    ]
    assert said == [
        "Forbidden: Forbidden: bot was blocked by the user",
        "Forbidden: Forbidden: bot was kicked from the supergroup chat",
        "BadRequest: Chat not found",
        "BadRequest: Chat not found",
    ]
    telegram.starts(ana, "payload-1")
    assert (await bot.send_message(ana.id, "again")).text == "again"


async def test_a_group_that_moved_says_where_to(telegram: Server, bot: Bot) -> None:
    group = telegram.group(-77, "Small", supergroup=False, bot="member")
    new = telegram.migrates(group)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-77, "x")
    told = [one.message for one in await bot.get_updates()]
    assert moved.value.new_chat_id == new == group.id
    assert [(m.migrate_to_chat_id, m.migrate_from_chat_id) for m in told if m] == [
        (new, None),
        (None, -77),
    ]


def article(key: str, html: str = "<b>Dune</b>") -> InlineQueryResultArticle:
    content = InputTextMessageContent(html, parse_mode="HTML")
    return InlineQueryResultArticle(key, "Dune", content, keyboard())


async def test_an_inline_result_is_posted_and_its_button_works(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    elsewhere = telegram.group(-1004, "Elsewhere")
    question = telegram.asks_inline(ana, "dune")
    await bot.answer_inline_query(question.id, [article("1")], is_personal=True)
    posted = telegram.picks_inline(ana, question.results[0], elsewhere)
    telegram.presses(ana, posted, "Yes")
    updates = await bot.get_updates()
    pressed = updates[-1].callback_query
    assert pressed is not None
    assert pressed.inline_message_id is not None
    await bot.edit_message_text("gone", inline_message_id=pressed.inline_message_id)
    assert [len(updates), posted.text, posted.labels] == [2, "gone", []]


async def test_an_inline_answer_is_kept_for_others_unless_it_is_personal(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    tim = telegram.person(103, "Tim")
    for query, is_personal in (("a", True), ("b", False)):
        asked = telegram.asks_inline(ana, query)
        await bot.answer_inline_query(asked.id, [article("1")], is_personal=is_personal)
    others = [telegram.asks_inline(tim, query).results for query in ("a", "b")]
    assert [len(one) for one in others] == [0, 1]


async def test_inline_answers_are_checked(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    asked = telegram.asks_inline(ana, "dune")
    url = f"{telegram.url}/bot{telegram.token}/answerInlineQuery"
    many = [json.loads(article(str(at)).to_json()) for at in range(51)]
    async with httpx.AsyncClient() as http:
        said = await http.post(url, json={"inline_query_id": asked.id, "results": many})
    twice = bot.answer_inline_query(asked.id, [article("1"), article("1")])
    broken = bot.answer_inline_query(asked.id, [article("1", "<b>")])
    unknown = bot.answer_inline_query("1", [])
    assert said.json()["description"] == "Bad Request: RESULTS_TOO_MUCH"
    assert [(await refusal(one))[:39].upper() for one in (twice, broken, unknown)] == [
        "BADREQUEST: RESULT_ID_DUPLICATE",
        "BADREQUEST: CAN'T PARSE ENTITIES: CAN'T",
        "BADREQUEST: QUERY IS TOO OLD AND RESPON",
    ]


async def test_faults_come_when_they_are_ordered(
    telegram: Server, bot: Bot, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    telegram.fail("sendMessage", 429, "retry after 7", chat=ana.id, retry_after=7)
    telegram.fail("getChat", 502, "")
    with pytest.raises(RetryAfter) as slower:
        await bot.send_message(ana.id, "x")
    assert slower.value.message == "Flood control exceeded. Retry in 0:00:07"
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.get_chat(ana.id)
    telegram.close_connection("sendMessage", "after")
    with pytest.raises(NetworkError):
        await bot.send_message(ana.id, "once")
    telegram.close_connection("sendMessage", "before")
    with pytest.raises(NetworkError):
        await bot.send_message(ana.id, "never")
    assert [one.text for one in telegram.answers(ana)] == ["once"]


async def test_a_held_call_is_answered_when_released(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    tim = telegram.person(103, "Tim")
    held = telegram.hold("sendMessage", chat=ana.id)
    waiting = asyncio.create_task(bot.send_message(ana.id, "x"))
    await held.arrived.wait()
    await bot.send_message(tim.id, "y")
    assert (telegram.answers(ana), waiting.done()) == ([], False)
    held.release()
    assert (await waiting).text == "x"
    calls = [await telegram.next_call("sendMessage") for _ in range(2)]
    assert [one.params["text"] for one in calls] == ["x", "y"]


async def test_who_sends_too_fast_is_told_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    async with bot_api(window=(3, 60.0)) as server, client(server) as bot:
        ana = server.person(102, "Ana")
        for _ in range(3):
            await bot.send_chat_action(ana.id, "typing")
        with pytest.raises(RetryAfter):
            await bot.send_message(ana.id, "x")
        assert server.violations == [("sendMessage", ana.id)]


@NEEDS_SPEC
async def test_every_update_is_as_the_description_has_it(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    small = telegram.group(-5, "Small", supergroup=False)
    forum = telegram.group(-1005, "Forum", forum=True)
    telegram.adds_bot(ana, small)
    telegram.adds_bot(ana, forum, as_admin=True)
    topic = telegram.topic(forum, "Films", ana)
    said = telegram.says(ana, "/x @tim", forum, thread=topic)
    telegram.says(ana, "y", forum, reply_to=said)
    telegram.says(ana, "/x", small, anonymous=True)
    telegram.edits(ana, said, "/z")
    for kind in THINGS:
        telegram.sends(ana, kind)
    sent = await bot.send_message(ana.id, "x", reply_markup=keyboard())
    telegram.presses(ana, telegram.chat(ana).messages[sent.id], "do it")
    telegram.asks_inline(ana, "dune")
    telegram.blocks(ana)
    telegram.migrates(small)
    updates = telegram.updates.pending.values()
    wrong = [check_value("update", one, "Update") for one in updates]
    assert [one for one in wrong if one] == []
    assert len(updates) == len(await bot.get_updates()) == 25


async def test_the_clock_and_the_name_can_be_set() -> None:
    at = [1_800_000_000.0]
    async with bot_api(now=lambda: at[0], username="our_bot") as server:
        ana = server.person(102, "Ana")
        server.me["can_read_all_group_messages"] = True
        async with client(server) as bot:
            sent = await bot.send_message(ana.id, "x", reply_markup=keyboard())
            press = server.presses(ana, server.answers(ana)[0], "Yes")
            at[0] += 3 * 24 * 3600
            late = await refusal(bot.answer_callback_query(press.id))
            old = await refusal(bot.delete_message(ana.id, sent.id))
            with pytest.raises(EndPointNotFound):
                await bot.do_api_request("nothing")
            planted(server)
        assert bot.bot.username == "our_bot"
        assert bot.can_read_all_group_messages
    assert late.startswith("BadRequest: Query is too old")
    assert old == "BadRequest: Message can't be deleted for everyone"


async def test_every_kind_of_button_may_be_sent(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    rows = [
        [
            InlineKeyboardButton("Yes", callback_data="yes", style="success"),
            InlineKeyboardButton("Code", copy_text=CopyTextButton("AB12")),
        ],
        [
            InlineKeyboardButton("Open", url="http://192.168.1.2:32400/web"),
            InlineKeyboardButton("Ask", switch_inline_query_current_chat=""),
        ],
    ]
    preview = LinkPreviewOptions(url="https://a.example/p.jpg", show_above_text=True)
    await bot.send_message(
        ana.id,
        "x",
        reply_markup=InlineKeyboardMarkup(rows),
        link_preview_options=preview,
    )
    await bot.send_message(
        ana.id, "y", reply_markup=ForceReply(input_field_placeholder="Name")
    )
    seen = [
        [(one.label, one.data, one.url, one.copy, one.style) for one in row]
        for row in telegram.answers(ana)[0].rows
    ]
    assert seen == [
        [("Yes", "yes", "", "", "success"), ("Code", "", "", "AB12", "")],
        [("Open", "", "http://192.168.1.2:32400/web", "", ""), ("Ask", *[""] * 4)],
    ]


async def test_nothing_gets_through_while_it_is_down(
    telegram: Server, bot: Bot, ana: Person
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: telegram.updates.is_polled)
    telegram.goes_down()
    with pytest.raises(NetworkError):
        await poll
    with pytest.raises(NetworkError):
        await bot.send_message(ana.id, "lost")
    telegram.comes_back()
    await bot.send_message(ana.id, "found")
    assert [one.text for one in telegram.answers(ana)] == ["found"]


async def test_it_runs_in_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bot_api", "--latency-ms", "1"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        heard, calls = await hear_and_answer(url)
    finally:
        process.terminate()
        ended = await process.wait()
    assert heard == ["/x"]
    assert [one["params"] for one in calls] == [{"chat_id": 102, "text": "y"}]
    assert ended == 0


async def hear_and_answer(url: str) -> tuple[list[str | None], list[Any]]:
    person = ["person", {"id": 102, "first_name": "Ana"}]
    said = ["says", {"person": 102, "text": "/x"}]
    async with (
        Bot(TOKEN, base_url=f"{url}/bot") as bot,
        httpx.AsyncClient(base_url=url) as http,
    ):
        await http.post("/control/together", json=[person, said])
        heard = texts(await bot.get_updates(timeout=5))
        await bot.send_message(102, "y")
        made = await http.get("/control/calls?method=sendMessage&least=1")
    return heard, made.json()["calls"]
