from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from medianest_bot.core.store import allowances
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.people import Person

PROGRAM = Path(__file__).parent / "spends.py"
PATIENCE_S = 60


def test_two_processes_never_spend_more_than_there_is(
    address: str, ana: Person
) -> None:
    running = [_start(address, ana.id) for _ in range(2)]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        got = [int(one.communicate(timeout=PATIENCE_S)[0]) for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert sum(got) == 20


async def test_who_has_a_limit_of_their_own(
    any_store: Store, ana: Person, tim: Person
) -> None:
    async with any_store.begin() as tx:
        await allowances.set_own(tx, ana.id, "request", 50)
        await allowances.set_own(tx, tim.id, "command", 9)
        await allowances.set_own(tx, tim.id, "command", None)
    async with any_store.read() as db:
        assert await allowances.everybodys(db, "request") == {ana.id: 50}
        assert await allowances.everybodys(db, "command") == {}
        assert await allowances.own(db, ana.id, "request") == 50
        assert await allowances.own(db, tim.id, "request") is None


def _start(address: str, person_id: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), address, str(person_id)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
