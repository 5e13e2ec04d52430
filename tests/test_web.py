"""The bot's own web server, asked by a browser, by a chat and by strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import pytest

from medianest_bot.web import HEADERS, LARGEST, CannotServe, PortTaken, Route, serve


@dataclass
class Taken:
    """A chat's door for updates, which remembers what was brought."""

    status: int = 200
    brought: list[tuple[str, bytes]] = field(default_factory=list)

    async def take(self, headers: Mapping[str, str], body: bytes) -> int:
        self.brought.append((headers.get("x-secret", ""), body))
        if self.status == 0:
            raise ValueError("broken")
        return self.status


@asynccontextmanager
async def asking(
    *routes: Route, well: Mapping[str, bool] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    parts = {"telegram": True} if well is None else well
    async with (
        serve("127.0.0.1", 0, routes, lambda: parts) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield http


def shown(answer: httpx.Response) -> tuple[int, str]:
    """What came, once it is certain that it came well dressed."""
    headers = {name: answer.headers.get(name) for name in HEADERS}
    assert (headers, "server" in answer.headers) == (HEADERS, False)
    return answer.status_code, answer.text


async def test_who_is_well_says_so() -> None:
    async with asking() as http:
        assert shown(await http.get("/healthz")) == (200, '{"ok": true}')


async def test_who_is_not_well_is_named() -> None:
    parts = {"telegram": False, "discord": True, "console": False}
    async with asking(well=parts) as http:
        answer = await http.get("/healthz")

    assert shown(answer) == (503, answer.text)
    assert answer.json() == {"ok": False, "unhealthy": ["console", "telegram"]}


async def test_who_is_not_ready_says_what_is_missing() -> None:
    parts = {"memory": True, "chat": False}

    async def ready() -> Mapping[str, bool]:
        return parts

    async with (
        serve("127.0.0.1", 0, (), dict, ready=ready) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        before = await http.get("/readyz")
        parts["chat"] = True
        after = await http.get("/readyz")

    assert shown(before) == (503, '{"ok": false, "missing": ["chat"]}')
    assert shown(after) == (200, '{"ok": true}')


async def test_without_pages_there_is_no_sign_in() -> None:
    paths = ["/readyz", "/web/style.css", f"/link/{'S' * 43}"]
    async with asking() as http:
        answers = [shown(await http.get(path)) for path in paths]

    assert set(answers) == {(404, "Not Found\n")}


async def test_strangers_hear_nothing_but_that_nothing_is_there() -> None:
    async with asking(Route("/telegram", Taken().take)) as http:
        answers = [
            shown(await http.request(method, path, headers={"Host": "evil.example"}))
            for method, path in (
                ("GET", "/"),
                ("GET", "/%2e%2e/.env"),
                ("POST", "/healthz"),
                ("GET", "/telegram"),
                ("TRACE", "/healthz"),
            )
        ]

    assert answers == [
        (404, "Not Found\n"),
        (404, "Not Found\n"),
        (405, "Method Not Allowed\n"),
        (405, "Method Not Allowed\n"),
        (405, "Method Not Allowed\n"),
    ]


async def test_a_chat_is_brought_its_updates_and_decides_the_answer() -> None:
    chat = Taken()
    async with asking(Route("/telegram", chat.take)) as http:
        first = await http.post("/telegram", content=b"{}", headers={"X-Secret": "s"})
        chat.status = 403
        second = await http.post("/telegram", content=b"")

    assert (shown(first), shown(second)) == ((200, ""), (403, ""))
    assert chat.brought == [("s", b"{}"), ("", b"")]


async def test_what_is_too_large_is_not_taken() -> None:
    chat = Taken()
    async with asking(Route("/telegram", chat.take)) as http:
        answer = await http.post("/telegram", content=b"x" * (LARGEST + 1))

    assert shown(answer) == (413, "Request Entity Too Large\n")
    assert chat.brought == []


async def test_a_chat_that_breaks_tells_no_secret() -> None:
    async with asking(Route("/telegram", Taken(status=0).take)) as http:
        answer = await http.post("/telegram", content=b"{}")

    assert shown(answer) == (500, "Internal Server Error\n")


async def test_what_is_no_http_hurts_nobody() -> None:
    async with asking() as http:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        said = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()

        head, _blank, body = said.partition("\r\n\r\n")
        first, *headers = head.split("\r\n")
        told = dict(line.split(": ", 1) for line in headers)
        assert (first, body) == ("HTTP/1.0 400 Bad Request", "Bad Request\n")
        assert {name: told[name] for name in HEADERS} == HEADERS
        assert told["Server"] == ""
        assert shown(await http.get("/healthz")) == (200, '{"ok": true}')


async def test_who_connects_and_asks_nothing_is_not_waited_for() -> None:
    async with (
        serve("127.0.0.1", 0, (), dict, silent_s=0.2) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        assert shown(await http.get("/healthz")) == (200, '{"ok": true}')
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: ")
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()

        # Who has asked may stay.
        assert shown(await http.get("/healthz")) == (200, '{"ok": true}')


async def test_a_port_that_is_taken_is_said() -> None:
    async with serve("127.0.0.1", 0, (), dict) as port:
        with pytest.raises(PortTaken) as caught:
            async with serve("127.0.0.1", port, (), dict):
                pass

    said = f"Port {port} is taken by another program. Set WEB_PORT to another."
    assert str(caught.value) == said


async def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(CannotServe) as caught:
        async with serve("192.0.2.1", 8080, (), dict):
            pass

    assert str(caught.value) == (
        "Nothing can be served on 192.0.2.1, port 8080. Check WEB_HOST and WEB_PORT."
    )


async def test_a_port_is_free_again_afterwards() -> None:
    async with serve("127.0.0.1", 0, (), dict) as port:
        pass
    async with serve("127.0.0.1", port, (), dict) as again:
        assert again == port
