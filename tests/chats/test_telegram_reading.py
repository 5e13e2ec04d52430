from __future__ import annotations

import json
import random
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.chats._telegram_incoming import (
    Asking,
    Incoming,
    Line,
    Me,
    Membership,
    Migrated,
    Nothing,
    Other,
    Pressed,
    ReplyTo,
    Said,
    Sender,
    Shared,
    Spot,
)
from medianest_bot.chats._telegram_reading import command, read

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "telegram-bot-api.json"

ME = Me("7000000001", "our_bot")
US = {"id": 7000000001, "is_bot": True, "first_name": "Ours", "username": "our_bot"}
USER = {
    "id": 5000000042,
    "is_bot": False,
    "first_name": "Ana",
    "last_name": "Berg",
    "username": "ana",
    "language_code": "de",
}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel"}
GROUP_BOT = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
ALONE = {"id": 5000000042, "type": "private", "first_name": "Ana"}
FAMILY = {"id": -1001234567890, "type": "supergroup", "title": "Family"}
ANA = Sender("5000000042", "Ana Berg", "de")
HERE = Spot("5000000042", is_private=True)
AT_HOME = Spot("-1001234567890", title="Family")
AT = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


def message(chat: dict[str, Any] = ALONE, **fields: Any) -> dict[str, Any]:
    seconds = int(AT.timestamp())
    given = {"message_id": 17, "from": USER, "chat": chat, "date": seconds} | fields
    return {"update_id": 1, "message": given}


def ours(**fields: Any) -> dict[str, Any]:
    """A message that we had written in the family's chat."""
    return {
        "message_id": 9,
        "from": US,
        "chat": FAMILY,
        "date": 1,
        "text": "c",
    } | fields


def press(**fields: Any) -> dict[str, Any]:
    given = {"id": "99", "from": USER, "chat_instance": "1", "data": "status"} | fields
    return {"update_id": 1, "callback_query": given}


def change(status: str, chat: dict[str, Any] = FAMILY, **fields: Any) -> dict[str, Any]:
    return {
        "update_id": 1,
        "my_chat_member": {
            "chat": chat,
            "from": USER,
            "date": 1,
            "old_chat_member": {"status": "left", "user": US},
            "new_chat_member": {"status": status, "user": US} | fields,
        },
    }


def inline(url: str, **fields: Any) -> dict[str, Any]:
    rows = [[{"text": "Trailer", "url": "https://example.org"}], [{"text": "Open"}]]
    rows[1][0]["url"] = url
    return message(
        FAMILY,
        via_bot=US,
        text="Dune",
        reply_markup={"inline_keyboard": rows},
        **fields,
    )


def said(text: str, spot: Spot = HERE, **fields: Any) -> Said:
    found = Said(sender=ANA, spot=spot, message="17", at=AT, text=text)
    return replace(found, **fields)


def is_sound(found: object) -> bool:
    """One of the types, and nothing in it that cannot be written down."""
    if not isinstance(found, get_args(Incoming)):
        return False
    json.dumps(asdict(found), default=str, ensure_ascii=False).encode()
    return True


def test_a_text_in_a_private_chat_is_said() -> None:
    assert read(message(text="dune"), ME) == said("dune")


def test_a_command_is_said_with_the_line_it_means() -> None:
    line = Line("search dune", names_us=True)
    assert read(message(FAMILY, text="/search@Our_Bot dune"), ME) == said(
        "/search@Our_Bot dune", AT_HOME, command=line
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/status", Line("status")),
        (
            "/Admin_People@Our_Bot add  ana",
            Line("admin people add  ana", names_us=True),
        ),
        ("/x@other_bot now", Line("x now", is_for_us=False)),
        ("/search\n dune\npart two ", Line("search dune\npart two")),
        ("/start A-b_9", Line("start A-b_9")),
        ("/" + "a" * 32, Line("a" * 32)),
        ("/" + "a" * 33, None),
        ("/search-dune", None),
        ("/search@", None),
        ("/__", None),
        ("/", None),
        ("//", None),
        ("/ſtatus", None),
        ("dune /search", None),
        ("", None),
    ],
)
def test_a_slash_and_a_name_are_a_command(text: str, line: Line | None) -> None:
    assert command(text, ME) == line


def test_nobody_is_named_before_we_know_our_name() -> None:
    assert command("/x@y", Me("1", "")) == Line("x", is_for_us=False)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("look @our_bot", True),
        ("@OUR_bot dune", True),
        ("@our_bot2 dune", False),
        ("mail me@our_bot", False),
    ],
)
def test_our_name_in_a_text_mentions_us(text: str, *, is_named: bool) -> None:
    found = read(message(FAMILY, text=text), ME)
    assert found == said(text, AT_HOME, mentions_us=is_named)


def test_a_mention_without_a_name_counts() -> None:
    entities = [{"type": "text_mention", "offset": 0, "length": 3, "user": US}]
    found = read(message(FAMILY, text="you there", entities=entities), ME)
    assert found == said("you there", AT_HOME, mentions_us=True)


def test_a_reply_tells_what_it_answers_and_whether_that_is_ours() -> None:
    to_us = read(message(FAMILY, text="yes", reply_to_message=ours()), ME)
    to_ana = {"message_id": 8, "from": USER, "chat": FAMILY, "date": 1}
    to_her = read(message(FAMILY, text="yes", reply_to_message=to_ana), ME)

    assert to_us == said("yes", AT_HOME, reply_to=ReplyTo("9", is_ours=True))
    assert to_her == said("yes", AT_HOME, reply_to=ReplyTo("8", is_ours=False))


def test_a_topic_is_where_it_was_said_and_its_opening_no_reply() -> None:
    opening = {
        "message_id": 5,
        "from": US,
        "chat": FAMILY,
        "date": 1,
        "forum_topic_created": {"name": "Films", "icon_color": 1},
    }
    topic = {"message_thread_id": 5, "is_topic_message": True}
    spot = Spot("-1001234567890", "5", title="Family")

    found = read(message(FAMILY, text="a", reply_to_message=opening, **topic), ME)
    bare = read(
        message(FAMILY, text="a", reply_to_message=ours(message_id=5), **topic), ME
    )

    assert (found, bare) == (said("a", spot), said("a", spot))


def test_a_row_of_replies_is_no_topic() -> None:
    found = read(message(FAMILY, text="a", message_thread_id=5), ME)
    assert found == said("a", AT_HOME)


def test_a_topic_of_a_private_chat_is_kept() -> None:
    found = read(message(text="a", message_thread_id=5, is_topic_message=True), ME)
    assert found == said("a", Spot("5000000042", "5", is_private=True))


@pytest.mark.parametrize("bot", [GROUP_BOT, CHANNEL_BOT])
def test_who_hides_behind_a_chat_is_nobody(bot: dict[str, Any]) -> None:
    found = read(message(FAMILY, text="a", sender_chat=FAMILY, **{"from": bot}), ME)
    sender = Sender("", bot["first_name"], is_bot=True)
    assert found == said("a", AT_HOME, sender=sender)


@pytest.mark.parametrize("bot", [US, US | {"id": 4}, US | {"is_bot": False}])
def test_bots_are_not_listened_to(bot: dict[str, Any]) -> None:
    assert read(message(FAMILY, text="/status", **{"from": bot}), ME) == Nothing(
        "a bot's message"
    )


@pytest.mark.parametrize(
    "kind",
    [
        *("edited_message", "channel_post", "edited_channel_post", "business_message"),
        *("guest_message", "edited_business_message"),
    ],
)
def test_only_new_messages_to_us_are_read(kind: str) -> None:
    update = {"update_id": 1, kind: message(text="/status")["message"]}
    assert read(update, ME) == Nothing("no kind we read")


@pytest.mark.parametrize(
    "update",
    [
        message({"id": -1005, "type": "channel"}, text="a"),
        message(FAMILY | {"is_direct_messages": True}, text="a"),
        message(FAMILY, text="a", is_automatic_forward=True),
        message(text="a", business_connection_id="b"),
        message(text="a") | {"message": ours(**{"from": None}, chat=ALONE)},
        message(text="a", message_id=None),
    ],
)
def test_what_is_said_elsewhere_or_by_nobody_is_nothing(update: dict[str, Any]) -> None:
    assert read(update, ME) == Nothing("not said to us")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"sticker": {"file_id": "a"}}, "sticker"),
        ({"photo": [{"file_id": "a"}], "caption": "/status"}, "photo"),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "a"}}, "animation"),
        ({"venue": {"title": "a"}, "location": {"latitude": 1.0}}, "venue"),
        ({"voice": {"file_id": "a"}}, "voice"),
    ],
)
def test_what_is_no_text_counts_in_a_private_chat_only(
    fields: dict[str, Any], what: str
) -> None:
    assert read(message(**fields), ME) == Other(ANA, HERE, "17", AT, what)
    assert read(message(FAMILY, **fields), ME) == Nothing("no text")


@pytest.mark.parametrize(
    "fields",
    [
        {"new_chat_members": [US]},
        {"left_chat_member": US},
        {"pinned_message": ours()},
        {"forum_topic_created": {"name": "a", "icon_color": 1}},
        {"write_access_allowed": {}},
    ],
)
def test_a_notice_of_the_chat_is_nothing(fields: dict[str, Any]) -> None:
    assert read(message(**fields), ME) == Nothing("no text")


@pytest.mark.parametrize(
    "url",
    ["https://t.me/our_bot?start=t-603_A", "http://telegram.me/Our_Bot?start=t-603_A"],
)
def test_an_inline_result_of_ours_is_shared_with_what_it_leads_to(url: str) -> None:
    assert read(inline(url), ME) == Shared(ANA, AT_HOME, "17", "t-603_A")


@pytest.mark.parametrize(
    "url",
    [
        "https://t.me/other_bot?start=abc",
        "https://t.me/our_bot?start=",
        "https://t.me/our_bot?start=" + "a" * 65,
        "https://t.me/our_bot?start=a&b=c",
        "https://example.org/t.me/our_bot?start=abc",
    ],
)
def test_an_inline_result_without_our_link_is_only_said_via_us(url: str) -> None:
    assert read(inline(url), ME) == said("Dune", AT_HOME, via_us=True)


def test_another_bots_inline_result_is_not_ours() -> None:
    update = inline("https://t.me/our_bot?start=abc")
    update["message"]["via_bot"] = US | {"id": 4}
    assert read(update, ME) == said("Dune", AT_HOME)


def test_a_press_tells_the_card_and_whom_it_had_answered() -> None:
    asked = {"message_id": 8, "from": {"id": 77}, "chat": FAMILY, "date": 1}
    card = ours(reply_to_message=asked, photo=[{"file_id": "a"}])

    assert read(press(message=card), ME) == Pressed(
        ANA, AT_HOME, "99", "status", "9", is_photo=True, asker="77"
    )


def test_who_opened_a_topic_asked_for_no_card_in_it() -> None:
    opening = {
        "message_id": 5,
        "from": USER,
        "chat": FAMILY,
        "date": 1,
        "forum_topic_created": {"name": "Films", "icon_color": 1},
    }
    topic = {"message_thread_id": 5, "is_topic_message": True}
    spot = Spot("-1001234567890", "5", title="Family")

    assert read(press(message=ours(reply_to_message=opening, **topic)), ME) == Pressed(
        ANA, spot, "99", "status", "9"
    )


def test_a_card_that_answers_us_is_nobodys() -> None:
    assert read(press(message=ours(reply_to_message=ours())), ME) == Pressed(
        ANA, AT_HOME, "99", "status", "9"
    )


def test_a_press_on_a_message_out_of_reach_says_so() -> None:
    gone = {"chat": FAMILY, "message_id": 9, "date": 0}
    assert read(press(message=gone), ME) == Pressed(
        ANA, AT_HOME, "99", "status", "9", is_accessible=False
    )


def test_a_press_under_an_inline_result_is_nowhere() -> None:
    assert read(press(inline_message_id="AAA"), ME) == Pressed(
        ANA, None, "99", "status"
    )


def test_a_press_on_a_game_or_on_nothing_is_nothing() -> None:
    game = press(message=ours(), data=None, game_short_name="g")
    assert read(game, ME) == Nothing("a press without data")
    assert read(press(), ME) == Nothing("a press on nothing")


def test_an_inline_query_is_asking() -> None:
    query = {
        "id": "5",
        "from": USER,
        "query": "dune",
        "offset": "",
        "chat_type": "group",
    }
    assert read({"update_id": 1, "inline_query": query}, ME) == Asking(
        ANA, "5", "dune", "", "group"
    )


def test_an_inline_query_may_say_very_little() -> None:
    query = {"id": "5", "from": {"id": 6}}
    assert read({"inline_query": query}, ME) == Asking(Sender("6", "6"), "5", "")


@pytest.mark.parametrize(
    ("update", "is_here", "is_admin"),
    [
        (change("member"), True, False),
        (change("administrator"), True, True),
        (change("restricted", is_member=True), True, False),
        (change("restricted", is_member=False), False, False),
        (change("left"), False, False),
        (change("kicked"), False, False),
    ],
)
def test_our_coming_and_going_is_a_membership(
    update: dict[str, Any], *, is_here: bool, is_admin: bool
) -> None:
    assert read(update, ME) == Membership(ANA, AT_HOME, is_here, is_admin)


def test_being_blocked_is_not_being_in_the_private_chat() -> None:
    assert read(change("kicked", ALONE), ME) == Membership(
        ANA, HERE, is_here=False, is_admin=False
    )


def test_channels_and_unknown_statuses_change_nothing() -> None:
    channel = {"id": -1005, "type": "channel", "title": "News"}
    assert read(change("administrator", channel), ME) == Nothing("a channel")
    assert read(change("emperor"), ME) == Nothing("an unknown status")


def test_both_ends_of_a_migration_tell_the_same() -> None:
    group = {"id": -55, "type": "group", "title": "Family"}
    old = message(group, migrate_to_chat_id=-1001234567890)
    new = message(FAMILY, migrate_from_chat_id=-55, **{"from": GROUP_BOT})

    assert read(old, ME) == Migrated("-55", "-1001234567890")
    assert read(new, ME) == Migrated("-55", "-1001234567890")


def test_long_names_are_cut_and_missing_ones_made_up() -> None:
    long = message(FAMILY | {"title": "t" * 999}, text="a")
    long["message"]["from"] = {"id": 1, "first_name": "n" * 999, "language_code": "<b>"}
    bare = message(text="a", **{"from": {"id": 1, "username": "ana"}})

    spot = Spot("-1001234567890", title="t" * 128)
    assert read(long, ME) == said("a", spot, sender=Sender("1", "n" * 128))
    assert read(bare, ME) == said("a", sender=Sender("1", "ana"))


def test_half_a_character_and_nul_do_not_get_through() -> None:
    assert read(message(text="du\0ne \ud83d"), ME) == said("dune ?")


@pytest.mark.parametrize("date", [-1, 2**32, 10**40, "1", None, 1.5, True, [1]])
def test_an_absurd_date_is_long_ago(date: object) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert read(message(text="a", date=date), ME) == said("a", at=epoch)


@pytest.mark.parametrize("number", [2**63, 10**400, True, "17", 1.0, None, {}])
def test_a_number_that_is_none_is_no_message(number: object) -> None:
    assert read(message(text="a", message_id=number), ME) == Nothing("not said to us")
    assert read(message({"id": number}, text="a"), ME) == Nothing(
        "a message in no chat"
    )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
NAMES = st.sampled_from(
    [
        *(
            "message",
            "callback_query",
            "inline_query",
            "my_chat_member",
            "chat",
            "from",
        ),
        *("id", "message_id", "type", "text", "date", "entities", "reply_to_message"),
        *(
            "via_bot",
            "reply_markup",
            "inline_keyboard",
            "url",
            "data",
            "user",
            "status",
        ),
        *("new_chat_member", "message_thread_id", "is_topic_message", "photo"),
        *("migrate_to_chat_id", "first_name", "title", "language_code"),
    ]
)
NESTED = st.recursive(
    ANYTHING,
    lambda inner: (
        st.dictionaries(NAMES, inner, max_size=8) | st.lists(inner, max_size=3)
    ),
    max_leaves=40,
)


@given(ANYTHING | NESTED)
@settings(deadline=None, max_examples=200)
def test_anything_at_all_is_read_as_something(update: object) -> None:
    assert is_sound(read(update, ME))


READ = ("message", "callback_query", "inline_query", "my_chat_member")
LIKELY = {"from", "text", "data", "message", "via_bot", "reply_markup", "url"}
LIKELY |= {"inline_message_id", "is_topic_message", "message_thread_id", "sticker"}
LIKELY |= {"reply_to_message"}
WORDS = ["dune", "/start a", "/x@our_bot y", "@our_bot", "https://t.me/our_bot?start=a"]
WORDS += ["private", "group", "supergroup", "\ud83d", "\0"]


class Made:
    """Random values of the types that the Bot API describes."""

    def __init__(self, types: dict[str, Any], seed: int) -> None:
        self._types = types
        self._random = random.Random(seed)

    def of(self, kind: str, depth: int) -> Any:
        """A value of this type; now and then of another, or of one unheard of."""
        if self._random.random() < 0.02:
            return self._random.choice(
                [None, True, -1, 2**70, 1.5, "", "\ud800", [], {}, [[]], {"id": []}]
            )
        if kind.startswith("Array of "):
            count = self._random.randrange(3) if depth > 0 else 0
            inner = kind.removeprefix("Array of ")
            return [self.of(inner, depth - 1) for _ in range(count)]
        if kind in self._types:
            return self._table(self._types[kind], depth)
        return self._plain(kind)

    def _table(self, described: dict[str, Any], depth: int) -> Any:
        if described.get("subtypes"):
            return self.of(self._random.choice(described["subtypes"]), depth)
        return {
            field["name"]: self._field(field, depth - 1)
            for field in described.get("fields", ())
            if self._is_there(field, depth)
        }

    def _is_there(self, field: dict[str, Any], depth: int) -> bool:
        if field["required"]:
            return depth > 0 and self._random.random() > 0.02
        likely = 0.6 if field["name"] in LIKELY else 0.02
        return depth > 0 and self._random.random() < likely

    def _field(self, field: dict[str, Any], depth: int) -> Any:
        # Words that count stand in quotes in the description.
        words = re.findall(r"[\"“]([a-z_]+)[\"”]", field["description"])
        if field["types"] == ["String"] and words and self._random.random() < 0.9:
            return self._random.choice(words)
        return self.of(self._random.choice(field["types"]), depth)

    def _plain(self, kind: str) -> Any:
        given: dict[str, list[Any]] = {
            "Integer": [0, 17, 2**52, 136817688, 7000000001, 7000000001],
            "Boolean": [True, False],
            "True": [True],
            "Float": [0.0, 1.5, -3.25],
        }
        return self._random.choice(given.get(kind, WORDS))


@pytest.fixture(scope="module")
def types() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("Telegram's API description is not here")
    found: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))["types"]
    return found


def test_random_updates_of_every_kind_are_read(types: dict[str, Any]) -> None:
    kinds = [one for one in types["Update"]["fields"] if one["name"] != "update_id"]
    made = Made(types, seed=20261121)
    found = [
        read({"update_id": 1, kind["name"]: made.of(kind["types"][0], depth=5)}, ME)
        for kind in kinds
        for _ in range(400 if kind["name"] in READ else 20)
    ]

    assert all(is_sound(one) for one in found)
    # A sieve that lets nothing through proves nothing. A link of ours under a result
    # of ours is too rare to wait for.
    assert {type(one) for one in found} >= set(get_args(Incoming)) - {Shared}
