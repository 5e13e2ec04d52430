"""The log: one pipe for all lines, in which no secret and no forged line appears."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from aiohttp.http_exceptions import BadStatusLine
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot import log
from medianest_bot._redaction import Redaction

PASSWORD = "p&ss w/rd\"'"
TELEGRAM = "123456789:AAF" + "x_-Y" * 8
DISCORD = "MTA0NjE1ODU0NjI3MzQ1NjEyOA.GhT5xQ.k2J8vN3mQ7wR5tY9uB1cD4eF6gH8iJ0kL2m"
INTERACTION = "aW50ZXJhY3Rpb246MTAwNDk4NTY1NDM5OmFiQ0RlZg"


class Log:
    """What was logged since, as lines and as the objects they hold."""

    def __init__(self) -> None:
        self.stream = StringIO()

    def start(self, level: str = "debug", form: str = "json") -> None:
        log.configure(level, form, self.stream, secrets=(PASSWORD, "hunter2", "cat"))

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            {k: v for k, v in json.loads(line).items() if k != "timestamp"}
            for line in self.lines
        ]


@pytest.fixture
def logged() -> Iterator[Log]:
    hook, level = sys.excepthook, logging.getLogger().level
    yield Log()
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, log._Handler)]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    sys.excepthook = hook


def ours() -> Any:
    return structlog.get_logger("medianest_bot.core.x")


def test_a_line_is_one_json_object(logged: Log) -> None:
    logged.start()
    with structlog.contextvars.bound_contextvars(ref="7f3a"):
        ours().info("asked", to="plex", ms=1.5, n=2, ok=True, none=None)

    assert logged.events == [
        {
            "event": "asked",
            "level": "info",
            "logger": "medianest_bot.core.x",
            "ref": "7f3a",
            "to": "plex",
            "ms": 1.5,
            "n": 2,
            "ok": True,
            "none": None,
        }
    ]


def test_lines_of_other_libraries_come_the_same_way(logged: Log) -> None:
    logged.start()
    with structlog.contextvars.bound_contextvars(ref="7f3a"):
        logging.getLogger("aiohttp.server").error("Error %s", "handling")

    assert logged.events == [
        {
            "event": "Error handling",
            "level": "error",
            "logger": "aiohttp.server",
            "ref": "7f3a",
        }
    ]


def test_chatty_libraries_speak_from_a_warning_on(logged: Log) -> None:
    logged.start()
    for name in ("httpx", "sqlalchemy.engine", "asyncio", "socketio.test"):
        logging.getLogger(name).info("said")
        logging.getLogger(name).warning("warned")

    assert [event["event"] for event in logged.events] == ["warned"] * 4


def test_that_nobody_can_talk_with_the_bot_is_no_news(logged: Log) -> None:
    logged.start()
    library = logging.getLogger("discord.client")
    library.info("logging in")
    for part in ("PyNaCl", "davey"):
        library.warning("%s is not installed, voice will NOT be supported", part)
    library.warning("something else")

    assert [event["event"] for event in logged.events] == ["something else"]


def test_what_a_server_could_not_read_is_no_news(logged: Log) -> None:
    logged.start("debug")
    library = logging.getLogger("aiohttp.server")
    for error in (BadStatusLine("GET /x"), ValueError("broken")):
        library.error("Error handling request", exc_info=error)

    assert ["broken" in event["exception"] for event in logged.events] == [True]


def test_lines_below_the_level_are_left_out(logged: Log) -> None:
    logged.start("warning")
    ours().info("said")
    logging.getLogger("other").info("said")
    ours().warning("warned")

    assert [event["event"] for event in logged.events] == ["warned"]


def test_configuring_again_replaces_what_was(logged: Log) -> None:
    logged.start()
    logged.start()
    ours().info("once")

    assert len(logged.lines) == 1


async def test_each_task_keeps_its_own_reference(logged: Log) -> None:
    logged.start()

    async def work(ref: str) -> None:
        with structlog.contextvars.bound_contextvars(ref=ref):
            for _ in range(3):
                ours().info("step", task=ref)
                await asyncio.sleep(0)

    await asyncio.gather(*(work(ref) for ref in "abc"))

    assert len(logged.events) == 9
    assert all(event["ref"] == event["task"] for event in logged.events)


SECRET = [
    ("GET /x?X-Plex-Token=abc123&type=1", "GET /x?X-Plex-Token=[hidden]&type=1"),
    ("X-Plex-Token: abc123", "X-Plex-Token: [hidden]"),
    ("{'X-Api-Key': 'abc 123', 'a': 1}", "{'X-Api-Key': [hidden], 'a': 1}"),
    ('{"apiKey": "abc123"}', '{"apiKey": [hidden]}'),
    ("?apikey=abc123", "?apikey=[hidden]"),
    ("Authorization: Bearer abc123abc", "Authorization: [hidden] [hidden]"),
    ("with bearer abc123abc.x", "with bearer [hidden]"),
    ("Basic dXNlcjpwYXNz", "Basic [hidden]"),
    ("Set-Cookie: connect.sid=abc; Path=/", "Set-Cookie: [hidden]"),
    ("/link?code=abc123&state=def456", "/link?code=[hidden]&state=[hidden]"),
    ("GET /nest/link/aB-c_9/continue", "GET /nest/link/[hidden]/continue"),
    ("/link/return/aB-c_9 HTTP/1.1", "/link/return/[hidden] HTTP/1.1"),
    ("GET /api/v2/pins/4711.json", "GET /api/v2/pins/[hidden].json"),
    (f"https://tg.example/bot{TELEGRAM}/getMe", "https://tg.example/bot[hidden]/getMe"),
    (f"bot{quote(TELEGRAM, safe='')} gone", "bot[hidden] gone"),
    (f"signed in as {DISCORD}", "signed in as [hidden]"),
    ("https://dc.example/webhooks/123/aB-c_d", "https://dc.example/webhooks/123/[hidden]"),
    (
        f"PATCH https://dc.example/api/v10/webhooks/1/{INTERACTION}/messages/@original",
        "PATCH https://dc.example/api/v10/webhooks/1/[hidden]/messages/@original",
    ),
    ("/interactions/12/aB-c.d=/callback?x=1", "/interactions/12/[hidden]/callback?x=1"),
    ("/Interactions%2F12%2FaB-c", "/Interactions%2F12%2F[hidden]"),
    (f"its token {INTERACTION} is", "its token [hidden] is"),
    ("postgresql://ana:p:w@db/name", "postgresql://[hidden]@db/name"),
    ("http://abc123@plex:32400", "http://[hidden]@plex:32400"),
    ("password is hunter2.", "password is [hidden]."),
    ("a cat, but a category", "a [hidden], but a category"),
    (f"sent {PASSWORD}", "sent [hidden]"),
    ("sent p%26ss%20w%2Frd%22%27", "sent [hidden]"),
    ("sent p%26ss+w%2Frd%22%27", "sent [hidden]"),
    (json.dumps({"x": PASSWORD}), '{"x": "[hidden]"}'),
    (repr([PASSWORD]), "['[hidden]']"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "written"), SECRET)
def test_a_secret_is_hidden_wherever_it_stands(
    logged: Log, said: str, written: str
) -> None:
    logged.start()
    ours().info(said, text=said, deep={"a": [said]}, thing=Thing(said))
    logging.getLogger("other").warning("%s", said)
    first, second = logged.events

    assert (first["event"], first["text"], first["deep"], first["thing"]) == (
        written,
        written,
        {"a": [written]},
        f"thing {written}",
    )
    assert second["event"] == written


def test_discords_own_warning_holds_no_token_of_an_interaction(logged: Log) -> None:
    logged.start()
    said = "We are being rate limited. %s %s responded with 429. Retrying in %.2f s."
    url = f"https://dc.example/api/v10/webhooks/1/{INTERACTION}"
    logging.getLogger("discord.http").warning(said, "POST", url, 1.0)
    logging.getLogger("discord.webhook.async_").warning("%s", {"token": INTERACTION})
    written = logged.stream.getvalue()
    assert ("/webhooks/1/[hidden] responded" in written, INTERACTION in written) == (
        True,
        False,
    )


class Thing:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"thing {self._text}"


@pytest.mark.parametrize(
    "said",
    [
        "GET /api/v1/search?query=dune&page=1",
        "Dune: Part Two (2024), 12:30:45, tv:1396 1-3,5",
        "http://plex:32400/library/sections",
        "a.b.c 1.2.3 medianest_bot.services.uptime_kuma.client",
        "8.8.8.8 fe80::1 2026-11-21T08:00:00Z",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert Redaction(("hunter2",)).hide(said) == said


def test_values_are_hidden_by_their_name() -> None:
    line = Redaction()(
        None,
        "info",
        {"token": "abc", "plex_token": b"x", "headers": {"Cookie": "abc"}, "tokens": 3},
    )

    assert line == {
        "token": "[hidden]",
        "plex_token": "[hidden]",
        "headers": {"Cookie": "[hidden]"},
        "tokens": 3,
    }


def stumble(text: str) -> None:
    try:
        try:
            {"": 0}[text]
        except KeyError as error:
            raise ValueError(f"asked http://plex?X-Plex-Token={text}") from error
    except ValueError:
        ours().exception("that did not work")
        logging.getLogger("asyncio").exception("nor that")


@pytest.mark.parametrize("form", ["json", "console"])
def test_tracebacks_hold_no_secret(logged: Log, form: str) -> None:
    logged.start(form=form)
    stumble("hunter2")

    text = logged.stream.getvalue()
    assert text.count("Traceback") == 4
    assert text.count("ValueError: asked http://plex?X-Plex-Token=[hidden]") == 2
    assert "hunter2" not in text.replace('stumble("hunter2")', "")


def test_an_error_nobody_caught_is_a_line_too(logged: Log) -> None:
    logged.start()
    error = ValueError("hunter2")
    sys.excepthook(ValueError, error, None)

    [event] = logged.events
    assert (event["event"], event["level"]) == ("stopped by an error", "critical")
    assert event["exception"] == "  ValueError: [hidden]"


FORGED = "dune\n2026-11-21T08:00:00Z [error    ] forged\r\x1b[2J\u202e\u2028\x85x"


def test_a_text_from_a_chat_forges_no_line(logged: Log) -> None:
    logged.start(form="console")
    ours().info(FORGED, line=FORGED, deep={FORGED: [FORGED]}, thing=Thing(FORGED))
    logging.getLogger("other").warning(FORGED)
    stumble(FORGED)

    starts = [line[:4] for line in logged.stream.getvalue().splitlines()]
    assert [start for start in starts if start.strip() == start][:4] == ["2026"] * 4
    assert len([line for line in logged.lines if line.startswith("2026")]) == 4
    assert not any(
        mark in logged.stream.getvalue() for mark in "\r\x1b\u202e\u2028\x85"
    )


@given(st.text(), st.text())
def test_whatever_is_said_is_one_line(event: str, value: str) -> None:
    line = Redaction(("hunter2",))(None, "info", {"event": event, value: value})

    assert all(
        text.isprintable() or text.splitlines() == [text] for text in line if text
    )
    assert all(len(str(text).splitlines()) <= 1 for text in line.values())


def test_a_huge_hostile_text_takes_no_time() -> None:
    redaction = Redaction(("hunter2", PASSWORD))
    started = time.process_time()
    for part in (
        "a",
        "1",
        "token=",
        "token ",
        'token="',
        "a://",
        "-.",
        "cookie:",
        "\n",
    ):
        redaction.hide(part * (100_000 // len(part)))

    assert time.process_time() - started < 2


def ours_of_the_root() -> logging.Handler:
    return next(
        one for one in logging.getLogger().handlers if isinstance(one, log._Handler)
    )


def test_a_line_that_cannot_be_drawn_is_not_shown_raw(
    logged: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    logged.start()
    broken = logging.makeLogRecord({"name": "other", "msg": "%d", "args": ("hunter2",)})
    ours_of_the_root().handle(broken)

    assert logged.lines == ["a log line of other could not be written"]
    assert capsys.readouterr().err == ""


def test_a_closed_stream_stops_nobody(
    logged: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    logged.start()
    logged.stream.close()
    ours().info("hunter2")

    assert capsys.readouterr().err == ""
