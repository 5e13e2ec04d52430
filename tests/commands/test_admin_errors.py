from __future__ import annotations

from datetime import timedelta

from tests.drawing import drawn
from tests.household import Talk

from medianest_bot.core.store import errors_log


async def record(say: Talk, reference: str, minutes: int = 3) -> None:
    house = say.demo.app.house
    async with house.store.begin() as tx:
        await errors_log.add(
            tx,
            reference=reference,
            at=house.now() - timedelta(minutes=minutes),
            person_id=2,
            command="search",
            cause="KeyError: 'x'",
            details="Traceback…",
        )


async def test_a_quiet_house_says_so(say: Talk) -> None:
    assert drawn(await say("admin errors", "mum")) == (
        "#  [good]\nNothing went wrong lately."
    )


async def test_the_latest_are_listed_newest_first(say: Talk) -> None:
    for number in range(10):
        await record(say, f"r{number}", minutes=20 - number)
    reply = await say("admin errors", "mum")
    assert drawn(reply).splitlines()[:3] == [
        "# What went wrong lately",
        "- r9 · search: 11 minutes ago · KeyError: 'x' <r9 → admin errors r9>",
        "- r8 · search: 12 minutes ago · KeyError: 'x' <r8 → admin errors r8>",
    ]
    assert len(reply.items) == 8


async def test_one_is_shown_in_full(say: Talk) -> None:
    await record(say, "7f3a")
    reply = await say.press(await say("admin errors", "mum"), "7f3a", "mum")
    assert drawn(reply) == (
        "# 7f3a\n"
        "Traceback…\n"
        "When: 3 minutes ago\n"
        "Who: ana\n"
        "Command: search\n"
        "Cause: KeyError: 'x'"
    )


async def test_an_unknown_reference_is_said_to_be_unknown(say: Talk) -> None:
    assert drawn(await say("admin errors nothing", "mum")) == (
        "#  [warn]\nThere is no error with the reference nothing."
    )


async def test_what_a_neighbour_refused_is_found_here_without_its_key(
    say: Talk,
) -> None:
    say.demo.served.seerr.knobs.fail_status = 403
    await say("admin people seerr zoe 4", "mum")
    say.demo.served.seerr.knobs.reset()
    (item,) = (await say("admin errors", "mum")).items
    assert item.title.endswith(" · admin people")
    assert item.text.endswith("Refused: seerr: refused (403)")
    shown = drawn(await say(item.choices[0].line, "mum"))
    assert "Who: mum" in shown
    assert say.demo.served.seerr.key not in shown


async def test_errors_are_for_admins(say: Talk) -> None:
    assert drawn(await say("admin errors")) == (
        "#  [warn]\nThat is for admins of this household."
    )
