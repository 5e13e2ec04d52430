"""Who visits, behind proxies or not, and how often they may."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from tests.sign_in_visits import STATE, Visits, pages

from medianest_bot._web_signing_in import PAGES_A_MINUTE
from medianest_bot._web_types import origin
from medianest_bot._web_visitors import Limit, visitor

TRUSTED = (ip_network("172.18.0.0/16"), ip_network("fd00::/8"))
HERE = ip_network("127.0.0.0/8")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.7"], "203.0.113.5"),
        ("172.18.0.2", [], "172.18.0.2"),
        ("172.18.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("172.18.0.2", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("172.18.0.2", ["6.6.6.6", "198.51.100.7, 172.18.9.9"], "198.51.100.7"),
        ("172.18.0.2", ["172.18.9.9"], "172.18.9.9"),
        ("172.18.0.2", ["198.51.100.7, nonsense"], "172.18.0.2"),
        ("172.18.0.2", [""], "172.18.0.2"),
        ("::ffff:172.18.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::1", [" 2001:db8:1:2:3:4:5:6 "], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", ["198.51.100.7"], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["198.51.100.7"], ""),
    ],
)
def test_only_proxies_that_are_trusted_are_believed(
    peer: str | None, forwarded: Sequence[str], who: str
) -> None:
    assert visitor(peer, forwarded, TRUSTED) == who


def test_a_limit_renews_after_a_minute() -> None:
    clock = Clock()
    limit = Limit(2, clock)
    first = [limit.spend("a") for _ in range(3)]
    clock.now += 45.5
    later = [limit.spend("a"), limit.spend("b")]
    clock.now += 14.5
    renewed = [limit.spend("a") for _ in range(3)]

    assert (first, later, renewed) == ([0, 0, 60], [15, 0], [0, 0, 60])


def test_a_limit_remembers_only_so_many() -> None:
    limit = Limit(1, Clock())
    for number in range(10_000):
        limit.spend(str(number))

    # The first is forgotten, the last is not.
    assert (limit.spend("0"), limit.spend("9999")) == (0, 60)


async def test_behind_a_trusted_proxy_everybody_has_their_own_limit() -> None:
    async with pages(Visits(), trusted=(HERE,)) as http:
        for _ in range(PAGES_A_MINUTE):
            await http.get(
                f"/link/{STATE}", headers={"X-Forwarded-For": "198.51.100.7"}
            )
        statuses = [
            (
                await http.get(f"/link/{STATE}", headers={"X-Forwarded-For": said})
            ).status_code
            for said in ("198.51.100.7", "1.2.3.4, 198.51.100.7", "198.51.100.8")
        ]

    assert statuses == [429, 429, 200]


async def test_who_is_not_trusted_cannot_invent_an_address() -> None:
    async with pages(Visits()) as http:
        statuses = [
            (
                await http.get(
                    f"/link/{STATE}",
                    headers={"X-Forwarded-For": f"198.51.100.{number}"},
                )
            ).status_code
            for number in range(PAGES_A_MINUTE + 1)
        ]

    assert statuses == [200] * PAGES_A_MINUTE + [429]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Nest.Example/home", "https://nest.example"),
        ("https://nest.example:443", "https://nest.example"),
        ("http://nest.example:80/x", "http://nest.example"),
        ("http://nest.example:8080", "http://nest.example:8080"),
        ("http://[FD00::5]:8080/a", "http://[fd00::5]:8080"),
    ],
)
def test_an_origin_is_written_as_browsers_do(url: str, expected: str) -> None:
    assert origin(url) == expected
