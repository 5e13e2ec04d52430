"""What the events of Uptime Kuma add up to, without any socket."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medianest_bot.services import _kuma_metrics, _kuma_page
from medianest_bot.services._kuma_live import MOST_BEATS, Live
from medianest_bot.services._kuma_models import (
    Change,
    Maintenance,
    State,
    maintenances,
    when,
)
from medianest_bot.services._kuma_socket import GARBLED

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


ODD_METRICS = r"""
monitor_status{monitor_id="3",monitor_name="a \"b\" \\ c"} 1 1700000000
monitor_response_time{monitor_id="3",monitor_name="a \"b\" \\ c"} NaN
monitor_status{monitor_id="4",monitor_name=""} 1
monitor_status{monitor_id="5",monitor_name="five"} 9
monitor_response_time{monitor_id="6",monitor_name="no status"} 1
monitor_status 1
}{
"""


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def live(*ids: int) -> Live:
    told = Live()
    rows = {str(key): {"id": key, "name": f"M{key}", "active": True} for key in ids}
    told.take("monitorList", [rows])
    return told


def beat(
    key: object, status: int, minute: int, *, important: bool = False
) -> list[Any]:
    time = f"{at(minute):%Y-%m-%d %H:%M:%S}.000"
    row = {"monitorID": key, "status": status, "time": time, "msg": "said"}
    return [row | {"important": important}]


def rows(*statuses: int) -> list[dict[str, Any]]:
    return [
        {"status": status, "time": f"{at(minute):%Y-%m-%d %H:%M:%S}", "important": 0}
        for minute, status in enumerate(statuses)
    ]


def test_the_first_beat_of_a_monitor_is_no_change() -> None:
    assert live(1).take("heartbeat", beat(1, 0, 0, important=True)) == ()


def test_a_monitor_that_was_pending_first_is_told_when_it_goes_down() -> None:
    told = live(1)
    told.take("heartbeat", beat(1, 2, 0, important=True))
    assert told.take("heartbeat", beat(1, 0, 1, important=True)) == (
        Change(1, "M1", State.PENDING, State.DOWN, at(1)),
    )


def test_pending_in_between_is_passed_over() -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1, 1), False])
    assert told.take("heartbeat", beat(1, 2, 2)) == ()
    assert told.take("heartbeat", beat("1", 0, 3, important=True)) == (
        Change(1, "M1", State.UP, State.DOWN, at(3)),
    )


def test_what_is_not_important_is_no_change() -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1), False])
    assert told.take("heartbeat", beat(1, 0, 3)) == ()


def test_the_same_beat_twice_is_one_change_and_one_beat() -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1), False])
    first = told.take("heartbeat", beat(1, 0, 3, important=True))
    again = told.take("heartbeat", beat("1", 0, 3, important=True))
    assert (len(first), again) == (1, ())
    assert len(told.monitors(at(9))[0].beats) == 2


def test_an_old_list_after_a_new_beat_takes_nothing_back() -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1, 1), False])
    told.take("heartbeat", beat(1, 0, 5, important=True))
    assert told.take("heartbeatList", ["1", rows(1, 1), True]) == ()
    monitor = told.monitors(at(9))[0]
    assert (monitor.state, monitor.message, monitor.since) == (
        State.DOWN,
        "said",
        at(5),
    )


def test_lists_of_another_connection_keep_what_is_known_and_drop_what_is_gone() -> None:
    told = live(1, 2)
    told.take("heartbeatList", ["1", rows(1), False])
    told.begin()
    assert not told.is_whole
    told.take("monitorList", [{"1": {"name": "new", "active": 1, "parent": None}}])
    assert [(m.id, m.name, m.state) for m in told.monitors(at(1))] == [
        (1, "new", State.UP)
    ]


def test_it_is_whole_when_everything_listed_has_been_told() -> None:
    told = live(1, 2)
    steps = []
    for key in ("1", "2"):
        told.take("heartbeatList", [key, [], False])
        steps.append(told.is_whole)
        told.take("uptime", [key, 720, 1])
        steps.append(told.is_whole)
    assert steps == [False, False, False, True]


def test_beats_of_more_than_a_day_ago_are_not_shown() -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1, 1), False])
    assert [b.at for b in told.monitors(at(24 * 60))[0].beats] == [START, at(1)]
    assert [b.at for b in told.monitors(at(24 * 60 + 1))[0].beats] == [at(1)]


def test_memory_for_beats_is_bounded() -> None:
    told = live(1)
    for minute in range(MOST_BEATS + 5):
        told.take("heartbeat", beat(1, 1, minute))
    beats = told.monitors(at(MOST_BEATS))[0].beats
    assert len(beats) <= MOST_BEATS


def test_groups_and_pauses_are_known() -> None:
    told = Live()
    told.take(
        "monitorList",
        [
            {
                "1": {"name": "Media", "type": "group", "active": True},
                "2": {"name": "Plex", "active": 1, "parent": "1"},
                "3": {"name": "Old", "active": True, "forceInactive": True},
            }
        ],
    )
    assert [(m.name, m.group, m.active) for m in told.monitors(START)] == [
        ("Media", None, True),
        ("Plex", "Media", True),
        ("Old", None, False),
    ]


def test_deleted_monitors_and_their_late_events_are_gone() -> None:
    told = live(1, 2)
    told.take("deleteMonitorFromList", [2])
    for event, args in (
        ("heartbeat", beat(2, 0, 1, important=True)),
        ("heartbeatList", ["2", rows(1), False]),
        ("avgPing", ["2", 5]),
        ("uptime", [2, 24, 1]),
    ):
        assert told.take(event, args) == ()
    assert [m.id for m in told.monitors(START)] == [1]


def test_the_version_and_the_published_pages_are_noted() -> None:
    told = Live()
    told.take("info", [{"primaryBaseURL": None}])
    assert (told.version, told.major) == (None, 0)
    told.take("info", [{"version": "3.0.0-beta.0"}])
    pages = {"1": {"slug": "a", "published": True}, "2": {"slug": "b"}}
    told.take("statusPageList", [pages])
    assert (told.version, told.major, told.pages) == ("3.0.0-beta.0", 3, ("a",))


def test_the_end_of_a_maintenance_is_read_in_its_own_zone() -> None:
    row = {
        "title": "Disk",
        "status": "under-maintenance",
        "timezoneOffset": "+02:00",
        "timeslotList": [{"endDate": "2026-11-20 14:00:00"}],
    }
    later = {"title": "Roof", "status": "scheduled", "timeslotList": None}
    over = {"title": "Old", "status": "ended"}
    assert maintenances({"1": row, "2": later, "3": over}) == (
        Maintenance("Disk", active=True, until=START),
        Maintenance("Roof", active=False, until=None),
    )


def test_metric_labels_are_unescaped_and_odd_lines_passed_over() -> None:
    monitors, version = _kuma_metrics.read(ODD_METRICS)
    assert [(m.id, m.name, m.state, m.ping_ms) for m in monitors] == [
        (3, r'a "b" \ c', State.UP, None),
        (5, "five", State.UNKNOWN, None),
    ]
    assert version is None


def test_two_monitors_of_one_name_keep_apart() -> None:
    line = 'monitor_status{{monitor_name="Plex",monitor_url="{}"}} 1'
    monitors, _ = _kuma_metrics.read(line.format("a") + "\n" + line.format("b"))
    assert len({monitor.id for monitor in monitors}) == 2


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-20 12:00:00.000", START),
        ("2026-11-20T12:00:00.000Z", START),
        ("2026-11-20 14:00:00+02:00", START),
        ("0001-01-01 00:00:00+14:00", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_times_are_read(text: object, read: datetime | None) -> None:
    assert when(text) == read


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["1", "id", "status", "time", "monitorID", "msg", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(page=JSON, beating=JSON)
def test_any_status_page_is_survived(page: Any, beating: Any) -> None:
    page = {"incidents": page, "publicGroupList": [{"monitorList": [page]}, page]}
    told = {"heartbeatList": beating, "uptimeList": beating}
    assert isinstance(_kuma_page.monitors(page, told), tuple)
    assert isinstance(_kuma_page.incidents(page), tuple)
    assert isinstance(maintenances(page), tuple)


@given(event=st.sampled_from(sorted(Live()._readers)), args=st.lists(JSON, max_size=3))
def test_any_event_is_read_or_refused_and_the_rest_stands(
    event: str, args: list[Any]
) -> None:
    told = live(1)
    told.take("heartbeatList", ["1", rows(1), False])
    with suppress(ValueError, TypeError, LookupError, AttributeError, OverflowError):
        told.take(event, args)
    assert isinstance(told.monitors(at(1)), tuple)


def test_a_turn_of_an_endless_number_is_garbled() -> None:
    with pytest.raises(GARBLED):
        Live().note_turns([{"monitorID": float("inf")}])
