"""The command line as somebody meets it who has never seen it."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.ports import free_port
from tests.sitting import PROGRAM, Sitting, environ, ran, sitting

from medianest_bot._cli_words import IN_USE, NO_CHAT, UNUSABLE, WRONG_KEY
from medianest_bot.cli import cli, told_plainly
from medianest_bot.core.store.errors import Why
from medianest_bot.settings import Settings, names_of

LEAVE_S = 20.0
"""The promise is a second; a machine under load is given more."""
DUNE = "request movie:438631"
NO_FOLDER = "The folder file/there cannot be written to. Choose another with --data."
NOTHING = (
    "Not set up: PLEX_URL and PLEX_TOKEN; OVERSEERR_URL and OVERSEERR_API_KEY; "
    "UPTIME_KUMA_URL. `medianest-bot doctor` says more."
)
WHAT_THIS_IS = (
    "medianest-bot in its demo household: everything here is pretend, on this machine."
)
PEOPLE = "mum, ana, tim, zoe, guest"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and nobody's settings."""
    for field in Settings.model_fields:
        for name in names_of(field):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*args: str) -> int:
    """What the program exits with, run in this process."""
    with pytest.raises(SystemExit) as left, told_plainly():
        cli(args)
    return int(left.value.code or 0)


def test_every_reason_not_to_start_has_its_sentence() -> None:
    assert set(UNUSABLE) == set(Why)
    assert all(one.endswith((".", ";", ")")) for one in UNUSABLE.values())


def test_the_version_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("--version") == 0
    assert capfd.readouterr() == ("0.1.0\n", "")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--as", "bob"), f"Nobody in the demo is called 'bob'. There are {PEOPLE}."),
        (("--timeout", "0"), "--timeout takes a number of seconds above 0."),
        (("--timeout", "nan"), "--timeout takes a number of seconds above 0."),
        (("--data", "file/there"), NO_FOLDER),
        (("--data", "file"), NO_FOLDER.replace("/there", "")),
    ],
)
def test_a_demo_that_makes_no_sense_is_refused(
    args: tuple[str, ...], sentence: str, alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (alone / "file").touch()
    assert typed("demo", "--say", "me", *args) == 2
    assert capfd.readouterr() == ("", f"{sentence}\n")


@pytest.mark.parametrize("command", ["run", "console"])
def test_wrong_settings_are_told_all_at_once_and_without_their_values(
    command: str,
    alone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (alone / ".env").write_text("PLEX_URL=nonsense\nPLEX_TOKEN=a-secret-token\n")
    monkeypatch.setenv("WEB_PORT", "99999999")
    monkeypatch.setenv("ENCRYPTION_KEYS", "a:hidden-secret")
    monkeypatch.setenv("OVERSEERR_URL", "http://127.0.0.1:5055")
    assert typed(command) == 2
    out, said = capfd.readouterr()
    assert out == ""
    assert sorted(line.split()[0] for line in said.splitlines()) == [
        "ENCRYPTION_KEYS",
        "OVERSEERR_URL",
        "PLEX_URL",
        "WEB_PORT",
    ]
    assert "secret" not in said


def test_run_says_that_no_chat_is_set_up(
    alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert typed("run") == 2
    assert capfd.readouterr() == ("", f"{NO_CHAT}\n")
    assert list(alone.iterdir()) == []


def test_the_console_works_with_nothing_set_up(tmp_path: Path) -> None:
    said = ran("console", cwd=tmp_path, typed="me\nquit\n", LOGNAME="ana")
    assert said.returncode == 0
    assert said.stdout.splitlines()[:3] == [
        "medianest-bot, with no service set up yet.",
        NOTHING,
        "You are ana, an admin. Three lines to try:",
    ]
    assert "Traceback" not in said.stderr
    with closing(sqlite3.connect(tmp_path / "data/medianest.db")) as db:
        noted = db.execute("select action, subject from audit").fetchall()
    assert noted == [("person added", "ana (1)"), ("account linked", "ana (1)")]


@pytest.mark.slow
def test_a_key_that_does_not_fit_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    first = {"ENCRYPTION_KEY": "the first passphrase"}
    assert ran("console", cwd=tmp_path, **first).returncode == 0
    said = ran("console", cwd=tmp_path, ENCRYPTION_KEY="quite another one")
    assert (said.returncode, said.stderr) == (2, f"{WRONG_KEY}\n")
    assert ran("console", cwd=tmp_path, **first).returncode == 0


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/medianest.db").write_bytes(b"holiday photos" * 100)
    said = ran("console", cwd=tmp_path)
    assert (said.returncode, said.stderr) == (2, f"{UNUSABLE[Why.DAMAGED]}\n")


def test_a_guest_of_the_demo_may_look_and_not_ask(tmp_path: Path) -> None:
    said = ran("demo", "--as", "guest", "--say", "request dune", cwd=tmp_path)
    assert said.stdout == (
        "> request dune\n! That is for members of this household.\n\n"
    )
    assert not (tmp_path / ".demo").exists()


@pytest.mark.slow
def test_a_second_demo_on_a_folder_leaves_the_first_alone(tmp_path: Path) -> None:
    # Ports that nothing else here is given between the first and the next.
    names = ("plex", "plex_tv", "seerr", "uptime_kuma", "videos")
    kept = tmp_path / "d/household/ports.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({name: free_port() for name in names}))
    with serving(tmp_path) as first:
        said = ran("demo", "--data", "d", "--say", "me", cwd=tmp_path)
        assert (said.returncode, said.stderr) == (2, f"{IN_USE}\n")
        assert all(is_open(port) for port in first.ports.values())
    with serving(tmp_path) as again:
        assert again.ports == first.ports


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, None])
def test_serving_stops_at_once_and_frees_its_ports(
    sign: signal.Signals | None, tmp_path: Path
) -> None:
    with serving(tmp_path) as served:
        if sign is None:
            served.close_output()
        else:
            served.process.send_signal(sign)
        assert served.process.wait(LEAVE_S) == 0
        assert served.complaints() == ""
    assert not any(is_open(port) for port in served.ports.values())


def test_serving_prints_the_settings_of_a_bot(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        urls = {name: f"http://127.0.0.1:{port}" for name, port in served.ports.items()}
        assert served.settings == {
            "PLEX_URL": urls["plex"],
            "PLEX_TOKEN": "demo-plex-token",
            "PLEX_TV_URL": urls["plex_tv"],
            "PLEX_AUTH_URL": f"{urls['plex_tv']}/auth",
            "OVERSEERR_URL": urls["seerr"],
            "OVERSEERR_API_KEY": "demo-seerr-key",
            "UPTIME_KUMA_URL": urls["uptime_kuma"],
            "UPTIME_KUMA_USERNAME": "mum",
            "UPTIME_KUMA_PASSWORD": "demo-kuma-password",
            "UPTIME_KUMA_STATUS_PAGE": "maple",
            "DOWNLOAD_SITES": f"{urls['videos']}/",
            "DOWNLOADS_DIR": str(tmp_path / "d/household/downloads"),
        }


@pytest.mark.slow
def test_no_secret_is_ever_printed_not_even_when_everything_fails(
    tmp_path: Path,
) -> None:
    secrets = {
        "PLEX_TOKEN": "plex-secret-token",
        "OVERSEERR_API_KEY": "seerr-secret-key",
        "UPTIME_KUMA_PASSWORD": "kuma-secret-password",
        "ENCRYPTION_KEY": "a secret passphrase of ours",
        "UPTIME_KUMA_API_KEY": "uk1_secret_key",
    }
    with serving(tmp_path) as served:
        more = {**served.settings, **secrets, "LOG_LEVEL": "debug"}
        said = [
            ran(
                "console", cwd=tmp_path, typed=f"search dune\nstatus\n{DUNE}\n", **more
            ),
            ran("doctor", cwd=tmp_path, **more),
            ran(
                "console", cwd=tmp_path, **{**more, "ENCRYPTION_KEY": "another secret"}
            ),
        ]
    assert [one.returncode for one in said] == [0, 1, 2]
    printed = "".join(one.stdout + one.stderr for one in said)
    assert "refuses us" in printed
    assert "Traceback" not in "".join(one.stdout for one in said)
    assert [
        one for one in (*secrets.values(), "another secret") if one in printed
    ] == []


def test_the_first_lines_say_what_this_is_and_what_to_try(tmp_path: Path) -> None:
    with sitting("demo", cwd=tmp_path) as ana:
        ana.sees("quit leaves.")
        port = json.loads((tmp_path / ".demo/household/ports.json").read_text())
        shown = [line.rstrip() for line in ana.seen.splitlines()]
        first = shown.index(WHAT_THIS_IS)
        assert shown[first : first + 6] == [
            WHAT_THIS_IS,
            "You are ana, a member. Three lines to try:",
            "  search dune          find a film and ask for it",
            "  status               what is up, slow or down",
            f"  download http://127.0.0.1:{port['videos']}/playlist/garden.xml",
            "help shows everything else; a number presses a choice; quit leaves.",
        ]
        ana.type("quit\r")
        assert ana.leaves() <= LEAVE_S
        assert ana.process.returncode == 0
        assert ana.seen.count("Traceback") == 0


@pytest.mark.slow
@pytest.mark.parametrize("way", ["quit", "Ctrl-D", "Ctrl-C", "hang up", "SIGTERM"])
def test_leaving_in_the_middle_of_a_download_leaves_nothing(
    way: str, tmp_path: Path
) -> None:
    with sitting("demo", cwd=tmp_path) as ana:
        ana.sees("ana>")
        ports = json.loads((tmp_path / ".demo/household/ports.json").read_text())
        ana.type(f"download http://127.0.0.1:{ports['videos']}/playlist/garden.xml\r")
        ana.sees("1 of 4")
        family = ana.family()
        assert len(family) > 1
        leave(ana, way)
        assert ana.leaves() <= LEAVE_S
        assert "Traceback" not in ana.seen
        _, alive = psutil.wait_procs(family, timeout=0)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    assert not any(is_open(port) for port in ports.values())


def leave(one: Sitting, way: str) -> None:
    match way:
        case "quit":
            one.type("quit\r")
        case "Ctrl-D":
            one.type("\x04")
        case "Ctrl-C":
            one.type("\x03")
        case "hang up":
            one.hang_up()
        case _:
            one.process.send_signal(signal.SIGTERM)


@dataclass
class Served:
    process: subprocess.Popen[str]
    settings: dict[str, str]
    ports: dict[str, int]

    def close_output(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()

    def complaints(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def serving(cwd: Path) -> Iterator[Served]:
    """`demo --serve` on the folder `d`, until the block is left."""
    with subprocess.Popen(
        [*PROGRAM, "demo", "--serve", "--data", "d"],
        cwd=cwd,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background was told to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread runs here
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(12)]
        settings = dict(line.split("=", 1) for line in lines)
        ports = json.loads((cwd / "d/household/ports.json").read_text())
        try:
            yield Served(process, settings, ports)
        finally:
            process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
