"""`medianest-bot keys`: what it shows, what it finds, and what it never tells."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sitting import PATIENCE_S, environ, ran

from medianest_bot import keys
from medianest_bot._cli_words import IN_USE, WRONG_KEY
from medianest_bot.app import open_app
from medianest_bot.core import people as rules
from medianest_bot.core.context import Asked, Place
from medianest_bot.core.reply import Choice, Reply, Tone
from medianest_bot.core.roles import PlaceKind
from medianest_bot.core.secrets import (
    Keyring,
    NoKey,
    find_keyring,
    make_canary,
    open_keyring,
    ring_file,
)
from medianest_bot.core.store import config, sealed
from medianest_bot.core.store.engine import Store
from medianest_bot.core.store.errors import StoreInUse
from medianest_bot.core.store.sealed import CANARY, KUMA_TOKEN
from medianest_bot.core.store.tables import link_attempts
from medianest_bot.settings import Settings, read

ROTATING = Path(__file__).parent / "crash" / "rotating.py"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TOKEN = "the-token-of-uptime-kuma"
PIN = '{"id": 17, "code": "hush"}'
OLD, NEW = (b64encode(letter * 32).decode() for letter in (b"o", b"n"))
PIN_ROW = 1


@dataclass
class House:
    """A data folder in which a canary, a token and a PIN are kept."""

    folder: Path
    told: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        found = {"DATA_DIR": str(self.folder), **self.told}
        return read(found, env_file=None, secrets_dir=None)

    @property
    def file(self) -> Path:
        return ring_file(self.settings)

    def ring(self) -> Keyring:
        return find_keyring(self.settings)

    async def show(self) -> list[str]:
        assert await keys.show(self.settings, self.said.append) == 0
        return self._heard()

    async def check(self) -> tuple[int, list[str]]:
        return await keys.check(self.settings, self.said.append), self._heard()

    async def rotate(self, *, keep_old: bool = False) -> tuple[int, list[str]]:
        code = await keys.rotate(self.settings, self.said.append, keep_old=keep_old)
        return code, self._heard()

    async def opened(self) -> list[str]:
        """What is kept, read with the keys as they are."""
        store = await Store.open(self.settings.database_address)
        try:
            async with store.read() as db:
                kept = await sealed.everything(db)
        finally:
            await store.close()
        return [self.ring().decrypt(one.value, one.where) for one in kept]

    def change(self, statement: str) -> None:
        """What somebody with the database in hand may do to it."""
        with closing(sqlite3.connect(self.folder / "medianest.db")) as db:
            db.execute(statement)
            db.commit()

    def _heard(self) -> list[str]:
        heard = [one.replace(str(self.folder), "DATA") for one in self.said]
        self.said.clear()
        return heard


async def moved_in(folder: Path, template: Path, **told: str) -> House:
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - nobody waits for it
    shutil.copyfile(template, folder / "medianest.db")
    house = House(folder, told)

    ring = open_keyring(house.settings)
    store = await Store.open(house.settings.database_address)
    async with store.begin() as tx:
        await config.put(tx, CANARY, make_canary(ring), NOW)
        token = ring.encrypt(TOKEN, sealed.secret_place(KUMA_TOKEN))
        await config.put(tx, KUMA_TOKEN, token, NOW)
        await config.put(tx, "plex.client_id", "plain", NOW)
        place = sealed.pin_place(PIN_ROW, "telegram", "7")
        await tx.execute(
            link_attempts.insert().values(
                id=PIN_ROW,
                platform="telegram",
                account="7",
                shown_name="Ana",
                salt="salt",
                state_hash="hash",
                state="at_plex",
                pin=ring.encrypt(PIN, place),
                created_at=NOW,
                expires_at=NOW,
                updated_at=NOW,
            )
        )
    await store.close()
    return house


@pytest.fixture
async def house(tmp_path: Path, database_template: Path) -> House:
    return await moved_in(tmp_path / "data", database_template)


async def test_show_names_the_key_and_counts_what_it_wrote(house: House) -> None:
    (only,) = house.ring().ids
    assert await house.show() == [
        "Keys from DATA/keys/ring:",
        f"  {only}  encrypts; stored secrets it wrote: 3",
    ]


async def test_show_names_keys_that_are_missing(house: House) -> None:
    (was,) = house.ring().ids
    house.told = {"ENCRYPTION_KEYS": f"new:{NEW}"}
    house.change("update link_attempts set pin = 'rubbish'")
    assert await house.show() == [
        "Keys from ENCRYPTION_KEYS:",
        "  new  encrypts; stored secrets it wrote: 0",
        f"  {was}  is not here; stored secrets it wrote: 2",
        "  Damaged stored secrets that name no key: 1",
    ]


async def test_check_opens_every_secret(house: House) -> None:
    assert await house.check() == (0, ["Every stored secret opens: 3."])


TOKEN_ROW = f"key = '{KUMA_TOKEN}'"
ANOTHER = "(select value from service_config where key = 'canary')"


@pytest.mark.parametrize(
    ("change", "row"),
    [
        pytest.param(
            f"update service_config set value = {ANOTHER} where {TOKEN_ROW}",
            f"service_config {KUMA_TOKEN}",
            id="the value of another row",
        ),
        pytest.param(
            f"update link_attempts set pin = {ANOTHER}",
            "link_attempts 1",
            id="the value of another table",
        ),
        pytest.param(
            "update link_attempts set account = '8'",
            "link_attempts 1",
            id="another owner",
        ),
        pytest.param(
            "update link_attempts set id = 2", "link_attempts 2", id="another row"
        ),
        pytest.param(
            "update link_attempts set pin = substr(pin, 1, length(pin) - 4)",
            "link_attempts 1",
            id="cut",
        ),
        pytest.param(
            "update link_attempts set pin = replace(pin, substr(pin, 32, 2), "
            "case substr(pin, 32, 2) when 'AA' then 'BB' else 'AA' end)",
            "link_attempts 1",
            id="flipped",
        ),
        pytest.param(
            f"update service_config set value = '' where {TOKEN_ROW}",
            f"service_config {KUMA_TOKEN}",
            id="emptied",
        ),
    ],
)
async def test_what_does_not_open_is_named_and_keeps_the_key(
    house: House, change: str, row: str
) -> None:
    house.change(change)
    before = house.file.read_text()
    fault = f"  {row}: damaged, or copied from elsewhere"

    assert await house.check() == (
        1,
        ["Stored secrets that open: 2. These do not:", fault],
    )
    assert await house.rotate() == (
        1,
        ["Nothing was changed, as these stored secrets do not open:", fault],
    )
    assert house.file.read_text() == before


async def test_another_key_is_told_from_damage(house: House) -> None:
    house.told = {"ENCRYPTION_KEYS": f"new:{NEW}"}
    wrong = "written with a key that is not here"
    assert await house.check() == (
        1,
        [
            "Stored secrets that open: 0. These do not:",
            f"  service_config canary: {wrong}",
            f"  service_config {KUMA_TOKEN}: {wrong}",
            f"  link_attempts 1: {wrong}",
            "Put the keys back that wrote them.",
        ],
    )


async def test_a_rotation_leaves_one_new_key_that_opens_everything(
    house: House,
) -> None:
    (was,) = house.ring().ids

    code, said = await house.rotate()

    (now,) = house.ring().ids
    assert (code, now != was) == (0, True)
    assert said == [
        f"{now} is the key now. Stored secrets written anew with it: 3.",
        (
            "The old keys are gone from DATA/keys/ring. To restore an older backup of "
            "the database, you need the key file that was in use then."
        ),
        "Where you keep a copy of DATA/keys/ring, copy it again.",
    ]
    assert await house.opened() == ["medianest", TOKEN, PIN]
    assert [one.name for one in house.file.parent.iterdir()] == ["ring"]
    modes = [
        stat.S_IMODE(one.stat().st_mode) for one in (house.file.parent, house.file)
    ]
    assert modes == [0o700, 0o600]


async def test_old_keys_can_be_kept_and_go_with_the_next_rotation(
    house: House,
) -> None:
    (was,) = house.ring().ids
    await house.rotate(keep_old=True)
    assert house.ring().ids[1:] == (was,)
    assert await house.opened() == ["medianest", TOKEN, PIN]

    await house.rotate()
    assert len(house.ring().ids) == 1
    assert await house.opened() == ["medianest", TOKEN, PIN]


async def test_keys_from_the_settings_are_changed_to_the_first_one(
    tmp_path: Path, database_template: Path
) -> None:
    house = await moved_in(
        tmp_path / "data", database_template, ENCRYPTION_KEYS=f"2026:{OLD}"
    )
    code, said = await house.rotate()
    assert (code, said[0].splitlines()[2]) == (
        1,
        (
            "  ENCRYPTION_KEYS=NAME:<output of: openssl rand -base64 32>,"
            "2026:<the key as it is>"
        ),
    )

    house.told = {"ENCRYPTION_KEYS": f"2027:{NEW},2026:{OLD}"}
    assert await house.rotate() == (
        0,
        [
            "2027 is the key. Stored secrets written anew with it: 3.",
            (
                "Not needed any more, except to restore older backups: 2026. Take them "
                "out of ENCRYPTION_KEYS, and ENCRYPTION_KEY out of the settings if set."
            ),
        ],
    )
    assert (await house.rotate())[1][0].endswith("written anew with it: 0.")

    house.told = {"ENCRYPTION_KEYS": f"2027:{NEW}"}
    assert await house.opened() == ["medianest", TOKEN, PIN]
    assert not (house.folder / "keys").exists()


@pytest.mark.parametrize("single", [OLD, "five green trains on the bridge"])
async def test_a_single_key_gives_way_to_one_that_is_set_beside_it(
    tmp_path: Path, database_template: Path, single: str
) -> None:
    house = await moved_in(tmp_path / "data", database_template, ENCRYPTION_KEY=single)
    (was,) = house.ring().ids
    assert await house.rotate() == (1, [keys.ADD_KEYS])

    house.told["ENCRYPTION_KEYS"] = f"2027:{NEW}"
    assert (await house.show())[:2] == [
        "Keys from ENCRYPTION_KEYS, and ENCRYPTION_KEY:",
        "  2027  encrypts; stored secrets it wrote: 0",
    ]
    code, said = await house.rotate()
    assert (code, was in said[1]) == (0, True)

    del house.told["ENCRYPTION_KEY"]
    assert await house.opened() == ["medianest", TOKEN, PIN]


async def test_buttons_from_before_a_rotation_still_work(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    asked = Asked("console", "mum", "mum", Place("console", "room", PlaceKind.PRIVATE))
    button = Reply(choices=(Choice("Help", "help", ask="With what?"),))
    async with open_app(house.settings) as app:
        await rules.make_admin(app.house.store, ("console", "mum"), "mum", lambda: NOW)
        old = await app.dispatch.shorten(button)
    assert (await house.rotate())[0] == 0

    async with open_app(house.settings) as app:
        new = await app.dispatch.shorten(button)
        pressed = [
            await app.dispatch.run(f"{one.choices[0].line} download", asked)
            for one in (old, new)
        ]
    lines = {one.choices[0].line for one in (old, new)}
    assert (len(lines), {line[0] for line in lines}) == (2, {"~"})
    assert pressed[0] == pressed[1]
    assert "playlist" in f"{pressed[0]}"
    assert pressed[0].tone is not Tone.WARN


async def test_while_a_bot_runs_nothing_is_touched(house: House) -> None:
    before = house.file.read_text()
    store = await Store.open(house.settings.database_address, lock_folder=house.folder)
    for work in (house.show, house.check, house.rotate):
        with pytest.raises(StoreInUse):
            await work()
    await store.close()

    assert house.file.read_text() == before


async def test_without_a_key_none_is_made(house: House) -> None:
    house.file.unlink()
    for work in (house.show, house.check, house.rotate):
        with pytest.raises(NoKey, match="There is no key yet"):
            await work()
    assert list(house.file.parent.iterdir()) == []


async def test_a_file_that_cannot_be_written_changes_nothing(house: House) -> None:
    before = house.file.read_text()
    house.file.unlink()
    (house.file / "in the way").mkdir(parents=True)
    with pytest.raises(NoKey):
        await house.rotate()
    shutil.rmtree(house.file)
    house.file.write_text(before)
    assert await house.opened() == ["medianest", TOKEN, PIN]


@pytest.mark.slow
def test_a_rotation_that_is_killed_anywhere_loses_nothing(house: House) -> None:
    """At every line of it; what is left opens, and rotates when asked again."""
    shutil.copytree(house.folder, house.folder.parent / "many" / "house")
    done = subprocess.run(
        [sys.executable, str(ROTATING), str(house.folder.parent / "many")],
        capture_output=True,
        text=True,
        env=environ(),
        timeout=20 * PATIENCE_S,
        check=False,
    )

    *times, last = done.stdout.splitlines()
    assert (last, done.stderr) == ("over", "")
    assert [one for one in times if not one.endswith(": []")] == []
    assert len([one for one in times if " -9:" in one]) > 40


def key_bytes(ring: Keyring) -> list[str]:
    """Every way in which a key could be written by mistake."""
    ways: tuple[Callable[[bytes], str], ...] = (
        lambda secret: b64encode(secret).decode().rstrip("="),
        lambda secret: b64encode(secret).decode()[:16],
        bytes.hex,
        repr,
    )
    return [way(key.secret) for key in ring.keys for way in ways]


@pytest.mark.slow
async def test_the_program_tells_no_key_and_no_secret(
    house: House, tmp_path: Path
) -> None:
    told = {"DATA_DIR": str(house.folder), "LOG_LEVEL": "debug"}
    before = key_bytes(house.ring())
    said, codes = "", []
    for work in ("show", "check", "rotate", "show", "check"):
        done = await asyncio.to_thread(ran, "keys", work, cwd=tmp_path, **told)
        said += done.stdout + done.stderr
        codes.append(done.returncode)

    assert codes == [0] * 5
    hidden = (*before, *key_bytes(house.ring()), TOKEN, "hush")
    assert [one for one in hidden if one in said] == []
    assert re.search(r"is the key now", said)


@pytest.mark.slow
async def test_the_program_says_what_stands_in_its_way(
    house: House, tmp_path: Path
) -> None:
    told = {"DATA_DIR": str(house.folder)}
    store = await Store.open(house.settings.database_address, lock_folder=house.folder)
    busy = await asyncio.to_thread(ran, "keys", "rotate", cwd=tmp_path, **told)
    await store.close()
    other = {**told, "ENCRYPTION_KEYS": f"new:{NEW}"}
    start = await asyncio.to_thread(ran, "console", cwd=tmp_path, **other)

    assert (busy.returncode, busy.stderr) == (2, f"{IN_USE}\n")
    assert (start.returncode, start.stderr) == (2, f"{WRONG_KEY}\n")
