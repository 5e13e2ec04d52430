"""plex.tv: who somebody is, what they may reach, and signing in with a PIN."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from medianest_bot.demo import household
from medianest_bot.demo.plex_tv import STRONG_S, WEAK_S, PlexTvStandIn
from medianest_bot.services import http
from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable
from medianest_bot.services.plex_tv import Access, PlexTv, PlexUser

HOUSE = household.read()
MACHINE = HOUSE.plex_machine_id


class Clock:
    """The time at plex.tv."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Tv:
    server: PlexTvStandIn
    clock: Clock
    client: PlexTv
    other: PlexTv
    sent: list[httpx.Request]


@pytest.fixture
async def tv() -> AsyncIterator[Tv]:
    clock, sent = Clock(), list[httpx.Request]()
    server = PlexTvStandIn(HOUSE, clock=clock)
    url = await server.start()
    client, other = connect(url, "client-one", sent), connect(url, "client-two", sent)
    yield Tv(server, clock, client, other, sent)
    await client.aclose()
    await other.aclose()
    await server.stop()


async def at_once(_seconds: float) -> None:
    """No waiting between two tries."""


def connect(url: str, client_id: str, sent: list[httpx.Request]) -> PlexTv:
    connection = http.client(url)

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    connection.event_hooks["request"] = [note]
    calls = http.Http("plex_tv", connection, wait=at_once)
    return PlexTv(calls, client_id, "MediaNest – ana")


async def test_a_token_says_whose_it_is(tv: Tv) -> None:
    user = await tv.client.user("demo-account-ana")
    assert user == PlexUser(
        id=1002,
        uuid=user.uuid,
        username="ana.maple",
        title="ana.maple",
        thumb="https://plex.tv/users/1002/avatar",
    )


async def test_a_wrong_token_is_refused(tv: Tv) -> None:
    with pytest.raises(Refused) as refused:
        await tv.client.user("wrong")
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("token", "machine", "access"),
    [
        ("demo-plex-token", MACHINE, Access.OWNER),
        ("demo-account-ana", MACHINE, Access.SHARED),
        ("demo-account-stranger", MACHINE, Access.NONE),
        ("demo-plex-token", "another", Access.NONE),
        ("demo-account-ana", "television-1002", Access.NONE),
    ],
)
async def test_access_is_to_our_server_only(
    tv: Tv, token: str, machine: str, access: Access
) -> None:
    assert await tv.client.can_reach(token, machine) is access


async def test_a_pin_gives_a_token_once_it_is_confirmed(tv: Tv) -> None:
    pin = await tv.client.create_pin()
    assert len(pin.code) == 25
    assert await tv.client.read_pin(pin.id) is None
    tv.server.claim(pin.code, "tim.maple")
    token = await tv.client.read_pin(pin.id)
    assert token is not None
    assert (await tv.client.user(token)).id == 1003
    await tv.client.sign_out(token)
    with pytest.raises(Refused):
        await tv.client.user(token)


async def test_a_pin_expires(tv: Tv) -> None:
    strong = await tv.client.create_pin()
    weak = await tv.client.create_pin(strong=False)
    assert len(weak.code) == 4
    started = datetime.fromtimestamp(int(tv.clock.now), UTC)
    assert (strong.expires - started).total_seconds() == STRONG_S
    assert (weak.expires - started).total_seconds() == WEAK_S
    tv.clock.now += WEAK_S + 1
    assert await tv.client.read_pin(strong.id) is None
    with pytest.raises(Missing):
        await tv.client.read_pin(weak.id)


async def test_a_pin_is_only_for_who_made_it(tv: Tv) -> None:
    pin = await tv.client.create_pin()
    with pytest.raises(Missing):
        await tv.other.read_pin(pin.id)


async def test_a_pin_does_not_show_itself(tv: Tv) -> None:
    pin = await tv.client.create_pin()
    assert pin.code not in repr(pin)
    assert str(pin.id) not in repr(pin)


async def test_the_sign_in_address_carries_all_in_its_fragment(tv: Tv) -> None:
    back = "https://bot.example/link/return/a?b=c&d"
    address = tv.client.sign_in_address("https://app.plex.tv/auth", "abc", back)
    parts = urlsplit(address)
    assert (parts.netloc, parts.path, parts.query) == ("app.plex.tv", "/auth", "")
    assert parse_qs(parts.fragment.removeprefix("?")) == {
        "clientID": ["client-one"],
        "code": ["abc"],
        "context[device][product]": ["MediaNest – ana"],
        "forwardUrl": [back],
    }


async def test_the_token_travels_in_a_header_only(tv: Tv) -> None:
    await tv.client.user("demo-plex-token")
    await tv.client.can_reach("demo-plex-token", MACHINE)
    assert len(tv.sent) == 2
    for request in tv.sent:
        assert request.headers["X-Plex-Token"] == "demo-plex-token"
        assert "demo-plex-token" not in str(request.url)


async def test_a_sign_in_names_whom_it_is_for(tv: Tv) -> None:
    named = "MediaNest – Discord Añá & co"
    pin = await tv.client.create_pin(product=named)
    made = tv.server.pins[-1]
    address = tv.client.sign_in_address("https://app.plex.tv/auth", "abc", "", named)
    shown = parse_qs(urlsplit(address).fragment.removeprefix("?"))
    assert (made.code, made.product) == (pin.code, named)
    assert shown["context[device][product]"] == [named]
    assert await tv.client.read_pin(pin.id) is None


async def test_a_short_code_is_typed_on_a_page_of_plex_tv(tv: Tv) -> None:
    assert tv.client.link_address("https://plex.tv/") == "https://plex.tv/link"
    assert tv.client.link_address("https://plex.tv", "a1b2") == (
        "https://plex.tv/link/?pin=a1b2"
    )


async def test_the_owner_sees_whom_the_server_is_shared_with(tv: Tv) -> None:
    seen = [await tv.client.shared_with("demo-plex-token", MACHINE)]
    tv.server.unshare("ana.maple")
    tv.server.share("stranger", is_pending=True)
    seen.append(await tv.client.shared_with("demo-plex-token", MACHINE))
    tv.server.share("stranger")
    seen.append(await tv.client.shared_with("demo-plex-token", MACHINE))
    seen.append(await tv.client.shared_with("demo-plex-token", "another"))
    assert seen == [{1002, 1003}, {1003}, {1003, 9001}, frozenset()]


async def test_shares_are_told_to_a_valid_token_only(tv: Tv) -> None:
    with pytest.raises(Refused):
        await tv.client.shared_with("wrong", MACHINE)
    for trouble in ({"rate_limited": 100}, {"fail_status": 500}):
        for name, value in trouble.items():
            setattr(tv.server.knobs, name, value)
        with pytest.raises(Unreachable):
            await tv.client.shared_with("demo-plex-token", MACHINE)
        tv.server.knobs.reset()


USER = f'<User id="1002"><Server machineIdentifier="{MACHINE}" pending="0"/></User>'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<html><body>Sign in to the hotel</body></html>",
        f"<Other>{USER}</Other>",
        f"<MediaContainer>{USER}",
        f'<MediaContainer totalSize="2">{USER}</MediaContainer>',
        f'<!DOCTYPE a [<!ENTITY b "c">]><MediaContainer>{USER}</MediaContainer>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname"><MediaContainer/>',
        '<?xml version="1.0" encoding="nonsense"?><MediaContainer/>',
        "<MediaContainer>\0</MediaContainer>",
    ],
)
async def test_half_a_list_of_shares_is_unreadable(tv: Tv, body: str) -> None:
    tv.server.knobs.garbage = body
    with pytest.raises(Unreadable):
        await tv.client.shared_with("demo-plex-token", MACHINE)


async def test_odd_users_and_servers_are_passed_over(tv: Tv) -> None:
    ours = f'machineIdentifier="{MACHINE}"'
    tv.server.knobs.garbage = (
        f'<MediaContainer totalSize="x"><User id="x"><Server {ours}/></User>'
        f'<User><Server {ours}/></User><Server {ours}/><User id="7"/>'
        f'<User id="8"><Server {ours} pending="1"/></User>'
        f'<User id="9"><Deep><Server {ours}/></Deep></User>'
        f'<User id="10"><Server machineIdentifier="other"/><Server {ours}/></User>'
        "</MediaContainer>"
    )
    assert await tv.client.shared_with("demo-plex-token", MACHINE) == {10}


async def test_a_list_without_end_is_unreadable(tv: Tv) -> None:
    tv.server.knobs.garbage = f"<MediaContainer>{USER * 25_000}</MediaContainer>"
    with pytest.raises(Unreadable):
        await tv.client.shared_with("demo-plex-token", MACHINE)


async def test_too_many_calls_and_silence_say_nothing_about_the_token(tv: Tv) -> None:
    tv.server.knobs.rate_limited = 100
    with pytest.raises(Unreachable):
        await tv.client.user("demo-plex-token")
    tv.server.knobs.reset()
    tv.server.knobs.fail_status = 503
    with pytest.raises(Unreachable):
        await tv.client.can_reach("demo-plex-token", MACHINE)


@pytest.mark.parametrize("garbage", ["<html>", "7", "{}", '{"id": "x"}'])
async def test_garbage_is_unreadable(tv: Tv, garbage: str) -> None:
    tv.server.knobs.garbage = garbage
    asks: tuple[Awaitable[object], ...] = (
        tv.client.user("t"),
        tv.client.can_reach("t", MACHINE),
        tv.client.create_pin(),
        tv.client.read_pin(1),
    )
    for ask in asks:
        with pytest.raises(Unreadable):
            await ask


async def test_odd_rows_of_servers_are_passed_over(tv: Tv) -> None:
    rows = (
        '[null, 7, {"provides": 1}, {"provides": "client,server",'
        f' "clientIdentifier": "{MACHINE}", "owned": 1}}]'
    )
    tv.server.knobs.garbage = rows
    assert await tv.client.can_reach("t", MACHINE) is Access.OWNER
