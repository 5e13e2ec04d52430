"""Looks through every file that is kept: locks, links, and what must not be in one."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest

from medianest_bot.core.store.errors import Why

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
ALL_BUT_IGNORED = ("--cached", "--others", "--exclude-standard")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def kept() -> list[Path]:
    """What is in the repository, or would be with the next commit."""
    listed = subprocess.run(
        # A checkout may belong to another user than the one who tests it.
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", *ALL_BUT_IGNORED],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=30,
    )
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{at}"
        for path in paths
        for at, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_a_hash_for_everything_it_pins(name: str) -> None:
    text = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 20
    assert [pin for pin in pins if not re.match(r"[\w.-]+(\[.+\])?==\S", pin)] == []
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    assert lines_with(re.compile(r"://|--(index|extra|find)"), [ROOT / name]) == []


def test_the_locks_agree() -> None:
    runtime, dev = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in LOCKS
    )
    assert {name: dev.get(name) for name in runtime} == runtime


def test_no_file_names_an_index_or_a_folder_of_some_machine() -> None:
    index = r"https?://\S+/simp" + r"le\b"
    folder = r"(?<![\w.}])/(wo" + r"rk|ho" + r"me|Us" + r"ers|ro" + r"ot)/\w"
    assert lines_with(re.compile(f"{index}|{folder}"), kept()) == []


def test_every_link_of_a_page_leads_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_anchor_of_a_page_is_a_heading() -> None:
    broken = [
        f"{page.name}: {target}#{anchor}"
        for page in PAGES
        for target, anchor in re.findall(
            r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8")
        )
        if anchor not in anchors(page.parent / target if target else page)
    ]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """GitHub's names for the headings of a page."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def test_every_page_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    unreached = [
        page.name
        for page in PAGES
        if page.name != "README.md"
        and page.relative_to(ROOT).as_posix() not in re.findall(r"\]\(([^)#]+)", readme)
    ]
    assert unreached == []


def test_every_trouble_of_the_database_has_its_remedy() -> None:
    run = (ROOT / "docs" / "run.md").read_text("utf-8")
    assert [why for why in Why if f"| `{why}` |" not in run] == []


NEWER_ONLY = () if sys.version_info >= (3, 13) else ("audioop-lts",)
"""What only a newer Python needs is not here to be asked."""


def test_the_notices_name_the_licence_of_everything_the_bot_needs() -> None:
    notices = (ROOT / "docs" / "notices.md").read_text("utf-8")
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    only_here = re.findall(
        r"^([\w.-]+)==(?!.*sys_platform == 'win32')", lock, re.MULTILINE
    )
    rows = set(re.findall(r"^\| ([\w.-]+) \|", notices, re.MULTILINE))
    scale = {"psycopg", "psycopg-binary", "psycopg-pool"}
    assert rows - {"Package"} == set(only_here) | scale


def test_the_notices_say_what_the_packages_say() -> None:
    notices = (ROOT / "docs" / "notices.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w.-]+) \| (.+) \|$", notices, re.MULTILINE)
    wrong = [
        f"{name}: {licence}, not {stated}"
        for name, licence in rows
        if name not in ("Package", *NEWER_ONLY)
        and (stated := licence_of(name)) != licence
    ]
    assert wrong == []


def licence_of(name: str) -> str:
    """What a package states of itself: the expression, the name, the classifier."""
    said: dict[str, Any] = metadata(name).json
    classifiers = said.get("classifier", [])
    kinds = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License")]
    stated = said.get("license_expression") or said.get("license") or ""
    return stated if 0 < len(stated) < 60 else ", ".join(kinds)
