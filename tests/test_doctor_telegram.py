"""The doctor's look at Telegram: each thing that can be wrong, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from tests.bot_api import Server, bot_api

from medianest_bot._doctor_telegram import findings, telegram
from medianest_bot.chats.telegram_doctor import (
    ChatSeen,
    How,
    Seen,
    look,
)
from medianest_bot.chats.telegram_settings import TelegramSettings
from medianest_bot.settings import Settings, read
from medianest_bot.web import Route, serve

GOOD = Seen(
    username="our_bot",
    ms=12.3,
    reads_all=False,
    is_inline=True,
    can_join=True,
    webhook_host="",
    webhook_is_ours=True,
    webhook_trouble="",
    chats=(),
)
TOKEN = "123456:ABC-def_1234"
ADMIN = {"ADMINS": "telegram:12"}
WEBHOOK = {"TELEGRAM_WEBHOOK": "yes", "PUBLIC_URL": "https://bot.example"}


def settings(**more: str) -> Settings:
    return read({"TELEGRAM_TOKEN": TOKEN, **more}, None, None)


def sentences(cause: str, mend: str) -> str:
    return f"{cause}\n       → {mend}"


def said(seen: Seen, **more: str) -> list[str]:
    """What is printed about it, without what is printed about a bot that is well."""
    return [
        str(one)
        for one in findings(settings(**{**ADMIN, **more}), seen)
        if str(one) not in ALL_WELL
    ]


ALL_WELL = [
    "ok   Telegram: @our_bot answers in 12 ms",
    "ok   Telegram groups: privacy mode is on: it hears what is meant for it alone",
    ("ok   Telegram inline mode: is on: @our_bot and a title work in every chat"),
]


def test_a_bot_that_is_well_is_good() -> None:
    assert [str(one) for one in findings(settings(**ADMIN), GOOD)] == ALL_WELL


async def test_no_token_is_no_fault() -> None:
    found = await telegram(read({}, None, None))

    assert [str(one) for one in found] == [
        "note Telegram: is not set up (TELEGRAM_TOKEN)"
    ]


def test_nobody_to_ask_is_told_with_the_way_to_the_number() -> None:
    found = [str(one) for one in findings(settings(), GOOD)]

    assert found[3:] == [
        sentences(
            "note Telegram admins: ADMINS names nobody of Telegram",
            (
                "While there is no admin, the bot shows a code for /claim when it "
                "starts. Or send /start to @our_bot: it tells your number for ADMINS."
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("seen", "more", "finding"),
    [
        (
            replace(GOOD, reads_all=True),
            {},
            sentences(
                (
                    "note Telegram groups: privacy mode is off: it is brought all"
                    " they write"
                ),
                (
                    "It needs no more than commands and answers to it: send "
                    "/setprivacy to BotFather, choose Enable, and add the bot to "
                    "its groups anew."
                ),
            ),
        ),
        (
            replace(GOOD, can_join=False),
            {},
            sentences(
                "note Telegram groups: the bot cannot be added to any",
                "Send /setjoingroups to BotFather and choose Enable.",
            ),
        ),
        (
            replace(GOOD, is_inline=False),
            {},
            sentences(
                (
                    "note Telegram inline mode: is off: nothing can be looked up "
                    "from other chats"
                ),
                (
                    "Send /setinline to BotFather, choose the bot, and type: Film"
                    " or show"
                ),
            ),
        ),
        (
            replace(GOOD, webhook_host="old.example", webhook_is_ours=False),
            {},
            sentences(
                (
                    "note Telegram webhook: updates are brought to old.example, "
                    "none can be fetched"
                ),
                (
                    "The bot undoes that at its next start. If it comes back, "
                    "another program uses this token: send /revoke to BotFather "
                    "for a new one."
                ),
            ),
        ),
        (
            replace(GOOD, webhook_host="bot.example"),
            WEBHOOK,
            "ok   Telegram webhook: updates are brought to bot.example",
        ),
        (
            replace(GOOD, webhook_is_ours=False),
            WEBHOOK,
            (
                "note Telegram webhook: is not at PUBLIC_URL yet; the bot sets it when "
                "it starts"
            ),
        ),
        (
            replace(GOOD, webhook_trouble="Timed out"),
            WEBHOOK,
            sentences(
                "BAD  Telegram webhook: Telegram's last attempt failed (Timed out)",
                (
                    "Does PUBLIC_URL reach the bot from the internet, with a "
                    "certificate?"
                ),
            ),
        ),
    ],
)
def test_what_is_wrong_with_the_bot_gets_its_cause_and_what_to_do(
    seen: Seen, more: dict[str, str], finding: str
) -> None:
    assert said(seen, **more) == [finding]


@pytest.mark.parametrize(
    ("chat", "name", "finding"),
    [
        (
            ChatSeen("-1", How.IN, "Maple Street"),
            "telegram:-1",
            "ok   telegram:-1: “Maple Street”, the bot is in it",
        ),
        (
            ChatSeen("-1", How.IN, "Maple Street", has_topics=True),
            "telegram:-1:7",
            "ok   telegram:-1:7: “Maple Street”, the bot is in it",
        ),
        (
            ChatSeen("-1", How.IN, "Maple Street"),
            "telegram:-1:7",
            sentences(
                "BAD  telegram:-1:7: “Maple Street” has no topics",
                "Leave out the last number, or turn on topics in the group.",
            ),
        ),
        (
            ChatSeen("-1", How.OUT),
            "telegram:-1",
            sentences(
                "BAD  telegram:-1: the bot is not in it",
                "Add @our_bot to the group. Is its number right?",
            ),
        ),
        (
            ChatSeen("-1", How.MOVED, moved_to="-1001"),
            "telegram:-1",
            sentences(
                ("BAD  telegram:-1: became a large group and has another number now"),
                "Write telegram:-1001 in its place.",
            ),
        ),
        (
            ChatSeen("-1", How.UNSAID),
            "telegram:-1",
            sentences(
                ("note telegram:-1: Telegram does not say whether the bot is in it"),
                ("Make the bot an admin of the group, or look at its number again."),
            ),
        ),
    ],
)
@pytest.mark.parametrize("setting", ["HOUSEHOLD_CHATS", "ADMIN_CHATS"])
def test_a_group_that_is_named_is_looked_at(
    setting: str, chat: ChatSeen, name: str, finding: str
) -> None:
    assert said(replace(GOOD, chats=(chat,)), **{setting: name}) == [finding]


@pytest.fixture
async def api() -> AsyncIterator[Server]:
    async with bot_api(TOKEN, username="our_bot") as server:
        yield server
        assert server.spec_errors == []


def told(api: Server, webhook: str | None = None) -> TelegramSettings:
    return TelegramSettings(TOKEN, api.url, api.file_url, webhook)


async def seen(api: Server, *chats: int, webhook: str | None = None) -> Seen:
    """What Telegram says, but for how long it took."""
    found = await look(told(api, webhook), [str(one) for one in chats])
    return replace(found, ms=GOOD.ms)


async def test_a_bot_as_botfather_made_it_is_seen(api: Server) -> None:
    assert await seen(api) == GOOD


async def test_what_botfather_was_told_is_seen(api: Server) -> None:
    api.me.update(
        can_join_groups=False,
        can_read_all_group_messages=True,
        supports_inline_queries=False,
    )

    assert await seen(api) == replace(
        GOOD, can_join=False, reads_all=True, is_inline=False
    )


async def test_a_webhook_is_seen_with_its_trouble_but_without_its_path(
    api: Server,
) -> None:
    brought, again = asyncio.Event(), asyncio.Event()

    async def take(_headers: Mapping[str, str], _body: bytes) -> int:
        (again if brought.is_set() else brought).set()
        return 503

    async with serve("127.0.0.1", 0, [Route("/secret", take)], dict) as port:
        ours = f"http://127.0.0.1:{port}/secret"
        await api.updates.set_webhook({"url": ours})
        quiet = await seen(api)
        api.says(api.person(12, "Ana"), "hello")
        await asyncio.wait_for(again.wait(), 20)
        troubled = await seen(api, webhook=ours)

    assert quiet == replace(GOOD, webhook_host="127.0.0.1", webhook_is_ours=False)
    assert troubled == replace(
        GOOD,
        webhook_host="127.0.0.1",
        webhook_trouble="Wrong response from the webhook: 503 Service Unavailable",
    )


async def test_groups_are_seen_with_the_bot_in_them_or_not(api: Server) -> None:
    api.group(-1001, "Maple\x1b Street", forum=True, bot="member")
    api.group(-1002, "Strangers", bot="left")
    api.group(-1003, "Thrown out", bot="kicked")
    api.group(-1005, "The admins", bot="administrator")
    grown = api.group(-4, "Grown", supergroup=False, bot="member")
    new = api.migrates(grown)

    found = await seen(api, -1001, -1002, -1003, -1004, -1005, -4, new)
    assert found.chats == (
        ChatSeen("-1001", How.IN, "Maple  Street", has_topics=True),
        ChatSeen("-1002", How.OUT),
        ChatSeen("-1003", How.OUT),
        ChatSeen("-1004", How.OUT),
        ChatSeen("-1005", How.IN, "The admins"),
        ChatSeen("-4", How.MOVED, moved_to=str(new)),
        ChatSeen(str(new), How.IN, "Grown"),
    )


async def test_one_group_telegram_is_silent_about_hurts_no_other(api: Server) -> None:
    api.group(-1001, "Maple Street", bot="member")
    api.group(-1002, "Odd", bot="member")
    api.fail(
        "getChatMember", 400, "Bad Request: member list is inaccessible", chat=-1002
    )

    found = await seen(api, -1002, -1001)
    assert found.chats == (
        ChatSeen("-1002", How.UNSAID),
        ChatSeen("-1001", How.IN, "Maple Street"),
    )


@pytest.mark.parametrize(
    ("status", "said", "finding"),
    [
        (401, "Unauthorized", "BAD  Telegram: refuses TELEGRAM_TOKEN"),
        (502, "Bad Gateway", "BAD  Telegram: does not answer"),
        (
            429,
            "Too Many Requests: retry after 5",
            (
                "BAD  Telegram: answered something else "
                "(Flood control exceeded. Retry in 0:00:05)"
            ),
        ),
    ],
)
async def test_what_keeps_us_from_asking_gets_its_cause(
    api: Server, status: int, said: str, finding: str
) -> None:
    retry = 5 if status == 429 else None
    api.fail("getMe", status, said, retry_after=retry)
    [found] = await telegram(settings(TELEGRAM_API_URL=api.url))

    assert str(found).splitlines()[0] == finding


async def test_a_telegram_that_is_not_there_is_told() -> None:
    gone = settings(TELEGRAM_API_URL="http://127.0.0.1:9")

    assert [str(one) for one in await telegram(gone)] == [
        sentences(
            "BAD  Telegram: does not answer",
            (
                "Can this machine reach the internet? Is TELEGRAM_API_URL right, "
                "seen from here?"
            ),
        )
    ]


async def test_all_is_asked_of_telegram_and_nothing_is_changed(api: Server) -> None:
    api.group(-1001, "Maple Street", bot="member")
    found = await telegram(
        settings(
            **ADMIN,
            TELEGRAM_API_URL=api.url,
            HOUSEHOLD_CHATS="telegram:-1001,discord:7",
            ADMIN_CHATS="telegram:-1001:7",
        )
    )

    assert [str(one) for one in found][1:] == [
        *ALL_WELL[1:],
        "ok   telegram:-1001: “Maple Street”, the bot is in it",
        sentences(
            "BAD  telegram:-1001:7: “Maple Street” has no topics",
            "Leave out the last number, or turn on topics in the group.",
        ),
    ]
    assert [call.method for call in api.calls] == [
        "getMe",
        "getWebhookInfo",
        "getChat",
        "getChatMember",
    ]
