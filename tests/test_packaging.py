"""The container and the wheel, held to the project: no engine runs where tests do."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from medianest_bot.cli import cli
from medianest_bot.settings import SECRETS_DIR, Settings, names_of
from medianest_bot.web import serve

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICE: Mapping[str, Any] = COMPOSE["services"]["bot"]
SETTINGS = {name for field in Settings.model_fields for name in names_of(field)}
PYTHONS_OWN = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PATH"}
WRITABLE = {"/data", "/downloads"}


def instructions(stage: int) -> list[tuple[str, str]]:
    """The instructions of one stage, continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    found: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        name, _space, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        if name:
            found[-1].append((name, rest))
    return found[stage]


def of(stage: int, name: str) -> list[str]:
    return [rest for one, rest in instructions(stage) if one == name]


def env(stage: int) -> dict[str, str]:
    words = " ".join(of(stage, "ENV")).split()
    return dict(word.split("=", 1) for word in words)


def cli_names() -> set[str]:
    return set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]


def test_every_file_the_image_copies_is_there_and_let_in() -> None:
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for stage in (1, 2)
        for line in of(stage, "COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    }
    assert copied == let_in
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_image_installs_what_the_lock_pins_and_nothing_else() -> None:
    pip = [line for line in of(1, "RUN") if "pip install" in line]
    assert [line.split("pip install ")[1] for line in pip] == [
        "--require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation .",
    ]


def test_what_builds_the_project_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (backend,) = re.findall(r'^requires = \["(.+)"\]$', project, re.MULTILINE)
    assert f"\n{backend} " in lock


def test_every_image_is_pinned_to_a_version() -> None:
    bases = [of(stage, "FROM")[0].split(" AS ")[0] for stage in range(3)]
    assert bases[1:] == ["python:3.11-slim-bookworm"] * 2
    assert re.fullmatch(r"denoland/deno:bin-\d+\.\d+\.\d+", bases[0])


def test_what_is_copied_from_another_stage_was_made_there() -> None:
    stages = {"deno": 0, "builder": 1}
    taken = [line for line in of(2, "COPY") if line.startswith("--from")]
    assert taken == [
        "--from=deno /deno /usr/local/bin/deno",
        "--from=builder /opt/medianest /opt/medianest",
    ]
    named = [of(stage, "FROM")[0].split(" AS ")[-1] for stage in stages.values()]
    assert named == list(stages)
    assert any("venv /opt/medianest" in line for line in of(1, "RUN"))
    assert env(2)["PATH"].startswith("/opt/medianest/bin:")


def test_the_image_sets_only_settings_that_exist() -> None:
    assert set(env(2)) - PYTHONS_OWN <= SETTINGS


def test_the_image_runs_as_an_ordinary_user_who_owns_what_is_written() -> None:
    setup = " ".join(of(2, "RUN"))
    assert of(2, "USER") == ["1000:1000"]
    assert "groupadd --gid 1000 medianest" in setup
    assert "useradd --uid 1000 --gid 1000" in setup
    made = re.findall(r"install -d -o 1000 -g 1000 -m 0\d{3} (\S+)", setup)
    assert set(made) == set(json.loads(of(2, "VOLUME")[0])) == WRITABLE
    assert {env(2)["DATA_DIR"], env(2)["DOWNLOADS_DIR"]} == WRITABLE


def test_the_image_holds_the_programs_it_starts() -> None:
    installed = next(line for line in of(2, "RUN") if "apt-get install" in line)
    words = set(installed.split())
    entry = json.loads(of(2, "ENTRYPOINT")[0])
    assert {"ffmpeg", entry[0]} <= words
    assert entry == ["tini", "--", "medianest-bot"]


def test_the_image_names_commands_that_exist() -> None:
    assert set(json.loads(of(2, "CMD")[0])) <= cli_names()


@pytest.mark.parametrize(("is_well", "code"), [(True, 0), (False, 1)])
async def test_the_health_check_asks_the_bot_itself(
    *, is_well: bool, code: int
) -> None:
    program, *args = json.loads(of(2, "HEALTHCHECK")[0].split("CMD ")[1])
    assert program == "python"
    async with serve("127.0.0.1", 0, (), lambda: {"telegram": is_well}) as port:
        asking = await asyncio.create_subprocess_exec(
            sys.executable, *args, env={"WEB_PORT": str(port)}
        )
        assert await asking.wait() == code


def test_compose_runs_a_command_that_exists() -> None:
    assert set(SERVICE["command"]) <= cli_names()
    assert (ROOT / SERVICE["build"] / "Dockerfile").is_file()


def test_compose_sets_only_settings_that_exist() -> None:
    # The time zone is the C library's own setting.
    assert set(SERVICE["environment"]) <= SETTINGS | {"TZ"}
    assert (ROOT / f"{SERVICE['env_file']}.example").is_file()


def test_compose_hands_every_secret_over_where_the_bot_looks() -> None:
    assert Path("/run/secrets") == SECRETS_DIR
    assert SERVICE["secrets"] == list(COMPOSE["secrets"])
    assert {name.upper() for name in COMPOSE["secrets"]} <= SETTINGS
    files = {name: one["file"] for name, one in COMPOSE["secrets"].items()}
    assert files == {name: f"./secrets/{name}" for name in files}


def test_compose_mounts_all_that_is_written_and_nothing_else_can_be() -> None:
    mounts = dict(volume.split(":")[::-1] for volume in SERVICE["volumes"])
    ours = {SERVICE["environment"][name] for name in ("DATA_DIR", "DOWNLOADS_DIR")}
    assert set(mounts) == ours == WRITABLE
    assert SERVICE["read_only"] is True
    assert [one.split(":")[0] for one in SERVICE["tmpfs"]] == ["/tmp"]


def test_compose_gives_the_bot_no_rights_it_does_not_need() -> None:
    assert SERVICE["user"] == of(2, "USER")[0]
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "ports", "network_mode"} & set(SERVICE)


@pytest.mark.parametrize("name", ["data", "downloads", "secrets", ".env"])
def test_what_a_household_keeps_beside_the_code_is_never_committed(name: str) -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {f"/{name}/", name} & set(ignored)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    hatch = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run(
        [*hatch, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=60
    )
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def test_the_wheel_holds_all_that_the_bot_reads_at_run_time(
    wheel: zipfile.ZipFile,
) -> None:
    source = ROOT / "src"
    ours = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    pages = {
        f"medianest_bot/_pages/{path.relative_to(ROOT / 'web').as_posix()}"
        for path in (ROOT / "web").rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == ours | pages
    assert {
        "medianest_bot/py.typed",
        "medianest_bot/demo/household.json",
        "medianest_bot/migrations/env.py",
        "medianest_bot/migrations/versions/0001_first.py",
    } <= packed


def test_an_installed_bot_finds_its_pages(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path)
    code = "from medianest_bot import _web_pages as p; print(p.folder())"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert Path(asked.stdout.strip()) == tmp_path / "medianest_bot" / "_pages"


def test_the_wheel_offers_one_program_and_names_its_licence(
    wheel: zipfile.ZipFile,
) -> None:
    (info,) = {n.split("/")[0] for n in wheel.namelist() if ".dist-info/" in n}
    entry = wheel.read(f"{info}/entry_points.txt").decode()
    assert entry.split() == [
        "[console_scripts]",
        "medianest-bot",
        "=",
        "medianest_bot.cli:main",
    ]
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    assert "License-Expression: MIT" in wheel.read(f"{info}/METADATA").decode()
