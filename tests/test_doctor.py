"""The doctor: each thing that can be wrong gets its cause and what to do."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from medianest_bot import _doctor_kept as kept
from medianest_bot import _doctor_places as places
from medianest_bot import _doctor_services as services
from medianest_bot import doctor
from medianest_bot._doctor_findings import Finding, Sign, trouble
from medianest_bot._doctor_kept import Kept
from medianest_bot._doctor_kuma import kuma
from medianest_bot.app import open_app
from medianest_bot.core.roles import Role
from medianest_bot.core.store import people
from medianest_bot.demo.serve import Served, serve
from medianest_bot.services.errors import Unreachable
from medianest_bot.services.seerr import About
from medianest_bot.settings import Settings, read

Check = Callable[[Settings, Awaitable[Kept]], Awaitable[tuple[Finding, ...]]]

KEY = base64.b64encode(b"k" * 32).decode()
OTHER_KEY = base64.b64encode(b"o" * 32).decode()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path / "household", pace=0) as served:
        yield served


def settings_of(house: Served, tmp_path: Path, **more: str | None) -> Settings:
    """The household's settings, some of them changed or (None) left out."""
    wanted = {**house.settings, "DATA_DIR": str(tmp_path / "data"), **more}
    environ = {name: value for name, value in wanted.items() if value is not None}
    return read(environ, env_file=None, secrets_dir=None)


async def looked(check: Check, settings: Settings, known: Kept = Kept(())) -> str:  # noqa: B008 - frozen
    """What one check prints."""
    told: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
    told.set_result(known)
    return "\n".join(map(str, await check(settings, told)))


async def printed(looking: Awaitable[tuple[Finding, ...]]) -> str:
    return "\n".join(map(str, await looking))


async def test_plex_is_good(house: Served, tmp_path: Path) -> None:
    assert await looked(services.plex, settings_of(house, tmp_path)) == (
        "ok   Plex: The Maple Street house, version 1.43.3.10828-00f62d37d, "
        "3 libraries\n"
        "ok   plex.tv: PLEX_TOKEN is mum's, who owns the server\n"
        "ok   Downloads in Plex: in the library “Home videos”"
    )


async def test_a_wrong_plex_token_is_told(house: Served, tmp_path: Path) -> None:
    settings = settings_of(house, tmp_path, PLEX_TOKEN="wrong-token")
    assert await looked(services.plex, settings) == (
        "BAD  Plex: refuses us\n"
        "       → PLEX_TOKEN is wrong or was revoked: make a new one and set it."
    )


async def test_a_plex_token_of_somebody_else_is_told(
    house: Served, tmp_path: Path
) -> None:
    house.plex_tv.tokens["demo-plex-token"] = "stranger"
    found = await looked(services.plex, settings_of(house, tmp_path))
    assert found.splitlines()[1:3] == [
        "BAD  plex.tv: stranger does not own this server",
        "       → Set PLEX_TOKEN to a token of the server's owner.",
    ]


async def test_a_login_page_in_front_of_plex_is_told(
    house: Served, tmp_path: Path
) -> None:
    house.plex.knobs.garbage = "<html>Please sign in</html>"
    assert await looked(services.plex, settings_of(house, tmp_path)) == (
        "BAD  Plex: answered something else than it should\n"
        "       → Does PLEX_URL really lead to Plex, and not to a login page?"
    )


async def test_plex_tv_being_away_is_no_disaster(house: Served, tmp_path: Path) -> None:
    house.plex_tv.knobs.fail_status = 500
    found = await looked(services.plex, settings_of(house, tmp_path))
    assert found.splitlines()[1:3] == [
        "note plex.tv: answers with an error of its own (500)",
        "       → People cannot link their accounts.",
    ]


async def test_downloads_that_no_library_holds_are_told(
    house: Served, tmp_path: Path
) -> None:
    settings = settings_of(house, tmp_path, DOWNLOADS_DIR=str(tmp_path / "elsewhere"))
    found = await looked(services.plex, settings)
    assert found.splitlines()[2:] == [
        "BAD  Downloads in Plex: no Plex library has this folder",
        (
            "       → In Plex, add a library of the kind Other Videos with the folder "
            f"{tmp_path}/elsewhere (or where Plex sees it)."
        ),
    ]


async def test_seerr_is_good_but_for_whom_it_does_not_know(
    house: Served, tmp_path: Path
) -> None:
    known = Kept((), without_seerr=("zoe", "root"))
    assert await looked(services.seerr, settings_of(house, tmp_path), known) == (
        "ok   Seerr: Seerr 3.1.0\n"
        "note People in Seerr: not known there: zoe, root; their requests wait for "
        "an admin\n"
        "       → Say who they are there: admin people seerr NAME NUMBER"
    )
    assert len(house.seerr.asked) == 1


async def test_a_wrong_seerr_key_is_told(house: Served, tmp_path: Path) -> None:
    settings = settings_of(house, tmp_path, OVERSEERR_API_KEY="wrong-key")
    assert await looked(services.seerr, settings) == (
        "BAD  Seerr: refuses us\n"
        "       → OVERSEERR_API_KEY is wrong or was revoked: make a new one and set it."
    )


async def test_csrf_protection_is_told(house: Served, tmp_path: Path) -> None:
    house.seerr.knobs.csrf = True
    assert await looked(services.seerr, settings_of(house, tmp_path)) == (
        "BAD  Seerr: refuses everything that writes (CSRF protection is on)\n"
        "       → In Seerr, under Settings and Network, turn off CSRF protection and "
        "restart it: an API key does not get past it."
    )


def test_an_old_version_is_told() -> None:
    assert str(services.version(About("Overseerr", "1.29.1"))) == (
        "note Seerr: Overseerr 1.29.1 is old\n"
        "       → Update it: this bot is tried with 1.33 and later."
    )
    assert str(services.version(About("Seerr", "develop"))) == (
        "ok   Seerr: Seerr develop"
    )


async def test_kuma_without_a_way_in_is_told(house: Served, tmp_path: Path) -> None:
    settings = settings_of(
        house,
        tmp_path,
        UPTIME_KUMA_USERNAME=None,
        UPTIME_KUMA_PASSWORD=None,
        UPTIME_KUMA_STATUS_PAGE=None,
    )
    found = (await looked(kuma, settings)).splitlines()
    assert found[1:] == [
        "BAD  Uptime Kuma: no way in is set",
        (
            "       → Set UPTIME_KUMA_USERNAME and UPTIME_KUMA_PASSWORD, or "
            "UPTIME_KUMA_API_KEY, or UPTIME_KUMA_STATUS_PAGE."
        ),
    ]


async def test_a_kept_sign_in_is_tried_and_no_password_is_spent(
    house: Served, tmp_path: Path
) -> None:
    token = house.kuma.accounts.token()
    settings = settings_of(house, tmp_path)
    found = (await looked(kuma, settings, Kept((), kuma_token=token))).splitlines()
    count = len(house.household.monitors)
    assert found[1:] == [
        f"ok   Uptime Kuma sign-in: is kept; version 2.5.3, {count} monitors",
        "ok   Uptime Kuma status page: can be read",
    ]
    assert house.kuma.accounts._tries == []


async def test_a_sign_in_that_is_void_and_a_page_that_is_gone_are_told(
    house: Served, tmp_path: Path
) -> None:
    token = house.kuma.accounts.token()
    await house.kuma.change_password("another")
    settings = settings_of(house, tmp_path, UPTIME_KUMA_STATUS_PAGE="oak")
    found = (await looked(kuma, settings, Kept((), kuma_token=token))).splitlines()
    assert found[1:] == [
        "BAD  Uptime Kuma sign-in: the kept sign-in is refused",
        (
            "       → The password was changed. Set UPTIME_KUMA_USERNAME and "
            "UPTIME_KUMA_PASSWORD (and UPTIME_KUMA_TOTP) and restart the bot."
        ),
        "BAD  Uptime Kuma status page: is not there",
        (
            "       → UPTIME_KUMA_STATUS_PAGE is the last part of the page's address; "
            "is that page published?"
        ),
    ]


async def test_a_sign_in_that_never_worked_is_told(
    house: Served, tmp_path: Path
) -> None:
    settings = settings_of(house, tmp_path, UPTIME_KUMA_STATUS_PAGE=None)
    fresh = (await looked(kuma, settings)).splitlines()
    assert fresh[1:] == ["note Uptime Kuma sign-in: is tried at the first start"]
    found = (await looked(kuma, settings, Kept((), has_run=True))).splitlines()
    assert found[1:] == [
        "BAD  Uptime Kuma sign-in: has not worked yet",
        (
            "       → Start the bot once. If it stays so: is the password right? With "
            "two-factor sign-in, set UPTIME_KUMA_TOTP to the six digits of the moment "
            "before."
        ),
    ]


async def test_a_refused_api_key_of_kuma_is_told(house: Served, tmp_path: Path) -> None:
    house.kuma.accounts.api_key = "uk1_right"
    settings = settings_of(
        house,
        tmp_path,
        UPTIME_KUMA_USERNAME=None,
        UPTIME_KUMA_PASSWORD=None,
        UPTIME_KUMA_STATUS_PAGE=None,
        UPTIME_KUMA_API_KEY="uk1_wrong",
    )
    found = (await looked(kuma, settings)).splitlines()
    assert found[1:] == [
        "BAD  Uptime Kuma API key: refuses us",
        (
            "       → UPTIME_KUMA_API_KEY is wrong or was revoked: make a new one and "
            "set it."
        ),
    ]


async def test_what_is_not_set_up_is_no_fault(tmp_path: Path) -> None:
    settings = read({"DATA_DIR": str(tmp_path)}, env_file=None, secrets_dir=None)
    found = [
        await looked(check, settings) for check in (services.plex, services.seerr, kuma)
    ]
    assert found == [
        "note Plex: is not set up (PLEX_URL, PLEX_TOKEN)",
        "note Seerr: is not set up (OVERSEERR_URL, OVERSEERR_API_KEY)",
        "note Uptime Kuma: is not set up (UPTIME_KUMA_URL)",
    ]


async def test_a_service_that_is_not_there_is_told(
    house: Served, tmp_path: Path
) -> None:
    for stand_in in (house.plex, house.seerr, house.kuma):
        await stand_in.stop()
    settings = settings_of(house, tmp_path)
    checks: tuple[Check, ...] = (services.plex, services.seerr, kuma)
    found = await asyncio.gather(*(looked(check, settings) for check in checks))
    assert found == [
        f"BAD  {name}: does not answer\n"
        f"       → Is it running? Is {setting} right, seen from here?"
        for name, setting in (
            ("Plex", "PLEX_URL"),
            ("Seerr", "OVERSEERR_URL"),
            ("Uptime Kuma", "UPTIME_KUMA_URL"),
        )
    ]


def test_an_error_of_a_service_is_its_own() -> None:
    error = Unreachable("plex", status=502)
    assert str(trouble("Plex", error, "PLEX_URL", "PLEX_TOKEN")) == (
        "BAD  Plex: answers with an error of its own (502)\n"
        "       → Look into its log, or restart it; PLEX_URL is right."
    )


async def test_the_database_of_a_running_bot_is_looked_at(
    house: Served, tmp_path: Path
) -> None:
    settings = settings_of(house, tmp_path)
    assert list(map(str, (await kept.look(settings)).findings)) == [
        "note Database: is made at the first start",
        "note Encryption key: is made at the first start",
    ]
    async with open_app(settings) as app:
        async with app.house.store.begin() as tx:
            now = app.house.now()
            await people.add(tx, "zoe", Role.MEMBER, now=now)
        found = await kept.look(settings)
    assert list(map(str, found.findings)) == [
        "ok   Database: opens and can be written",
        "ok   Encryption key: fits",
    ]
    assert (found.has_run, found.without_seerr) == (True, ("zoe",))


async def test_a_key_that_is_gone_or_another_is_told(
    database: Path, tmp_path: Path
) -> None:
    data = tmp_path / "house"
    data.mkdir()
    shutil.copyfile(database, data / "medianest.db")
    first = read(
        {"DATA_DIR": str(data), "ENCRYPTION_KEY": KEY}, env_file=None, secrets_dir=None
    )
    async with open_app(first):
        pass
    other = first.model_copy(update={"encryption_key": SecretStr(OTHER_KEY)})
    gone = first.model_copy(update={"encryption_key": None})
    told = [str((await kept.look(one)).findings[1]) for one in (first, other, gone)]
    mend = "       → Put the key back that was in use before, or restore DATA_DIR/keys."
    assert told == [
        "ok   Encryption key: fits",
        f"BAD  Encryption key: does not fit\n{mend}",
        (
            "BAD  Encryption key: is gone, but the database holds what was written "
            f"with it\n{mend}"
        ),
    ]


async def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "medianest.db").write_bytes(b"holiday photos" * 100)
    settings = read({"DATA_DIR": str(tmp_path)}, env_file=None, secrets_dir=None)
    assert list(map(str, (await kept.look(settings)).findings)) == [
        (
            "BAD  Database: cannot be used (damaged)\n"
            "       → The database file is damaged. Put a backup in its place."
        ),
        "note Encryption key: was not tried",
    ]


async def test_folders_that_cannot_be_written_or_may_be_read_by_others(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "data").mkdir(mode=0o755)
    settings = read(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "DOWNLOADS_DIR": str(tmp_path / "file/there"),
        },
        env_file=None,
        secrets_dir=None,
    )
    told = (await printed(places.data(settings))).splitlines()
    assert told[1:] == [
        "note Data folder: other users of this machine may look into it",
        f"       → chmod 700 {tmp_path}/data",
    ]
    told = (await printed(places.downloads(settings))).splitlines()
    assert told == [
        f"BAD  Downloads folder: {tmp_path}/file/there cannot be written",
        (
            "       → Make it writable for the bot's user, or set DOWNLOADS_DIR to "
            "another one."
        ),
        "ok   Download sites: 1 allowed",
    ]


async def test_secrets_that_others_may_read_are_told(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path / "data")}
    settings = read(environ, env_file=None, secrets_dir=None)
    env, ring = tmp_path / ".env", tmp_path / "data/keys/ring"
    nothing = await places.private(settings, env)
    ring.parent.mkdir(parents=True)
    for file in (env, ring):
        file.write_text("")
        file.chmod(0o640)
    open_ones = await printed(places.private(settings, env))
    for file in (env, ring):
        file.chmod(0o600)
    assert nothing == await places.private(settings, env) == ()
    assert open_ones.splitlines() == [
        f"note Settings file: other users of this machine may read {env}",
        f"       → chmod 600 {env}",
        f"note Key file: other users of this machine may read {ring}",
        f"       → chmod 600 {ring}",
    ]


async def test_a_lane_is_really_started() -> None:
    found = await places.lane()
    assert [(one.sign, one.about) for one in found[:1]] == [(Sign.GOOD, "yt-dlp")]
    assert [one.about for one in found[1:]] == ["ffmpeg", "deno"]


@pytest.mark.slow
async def test_everything_hanging_takes_no_longer_than_one_of_it(
    house: Served, tmp_path: Path
) -> None:
    for stand_in in (house.plex, house.plex_tv, house.seerr, house.kuma):
        stand_in.knobs.hang = True
    settings = settings_of(house, tmp_path)
    async with asyncio.timeout(20):
        found = await doctor.look(settings)
    bad = {one.about: one.said for one in found if one.sign is Sign.BAD}
    assert bad == dict.fromkeys(("Plex", "Seerr", "Uptime Kuma"), "does not answer")


async def test_the_exit_code_and_wrong_settings(tmp_path: Path) -> None:
    told: list[str] = []
    environ = {"WEB_PORT": "0", "PLEX_URL": "nonsense", "DATA_DIR": str(tmp_path)}
    assert await doctor.run(told.append, environ) == 1
    assert sorted(line.split()[2] for line in told) == [
        "PLEX_URL",
        "PLEX_URL",
        "WEB_PORT",
    ]
