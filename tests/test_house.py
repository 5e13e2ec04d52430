"""Watches the house: its doors, its commands, its size, and what has no place in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "medianest_bot"
OURS = sorted([*SRC.rglob("*.py"), *(ROOT / "bench").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))

SCRIPTS = {SRC / "migrations" / "env.py"}
"""Alembic runs this file, as often as it needs it."""

LONGEST_FUNCTION = 45
LONGEST_FILE = 300

MAY_CATCH_ALL = {
    "core/dispatch.py": "what breaks reaches the person as one sentence",
    "core/_failures.py": "dispatch: where even the record fails",
    "core/_redrawing.py": "a watcher: one card must not stop the others",
    "core/_telling.py": "a watcher",
    "core/outbox.py": "a watcher: the loop itself",
    "core/_request_watch.py": "a watcher",
    "core/health.py": "a watcher",
    "_watching.py": "a watcher that died is started again, whatever it died of",
    "core/housekeeping.py": "a watcher",
    "core/engine.py": "a job",
    "core/_download_fetching.py": "a job",
    "core/_download_queue.py": "the loop that starts jobs",
    "web.py": "who brings an update must hear that it was not taken",
    "services/lane/_work.py": "a job: its failure is an answer to the parent",
    "chats/_console_talk.py": "a chat loop",
    "chats/_discord_tree.py": "a start: yesterday's commands beat no bot",
    "chats/_discord_asking.py": "a chat loop: whatever one interaction does",
    "chats/_discord_room.py": "a chat loop: the answer is given, its card rests",
    "chats/_telegram_handling.py": "a chat loop: whatever one update does",
    "chats/_telegram_room.py": "a chat loop: the answer is given, its card rests",
    "chats/telegram.py": "a watcher",
}
BROAD = {"Exception", "BaseException"}
LOADED_LATE = (
    "PIL",
    "aiohttp",
    "alembic",
    "babel",
    "httpx",
    "jinja2",
    "medianest_bot.app",
    "medianest_bot.chats",
    "medianest_bot.commands",
    "medianest_bot.demo",
    "prompt_toolkit",
    "psycopg",
    "socketio",
    "sqlalchemy",
    "yt_dlp",
)
"""What `medianest-bot --help` and a refusal to start must not wait for."""


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


def test_every_room_keeps_to_its_doors() -> None:
    # In a process of its own: called here, it would switch everybody's logs off.
    code = "from importlinter.cli import lint_imports as lint; import sys;"
    code += "sys.exit(lint(config_filename='.importlinter', no_cache=True))"
    checked = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_no_two_files_import_each_other() -> None:
    graph = grimp.build_graph("medianest_bot", cache_dir=None)

    TopologicalSorter(
        {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    ).prepare()


def test_the_command_line_loads_only_what_a_refusal_needs() -> None:
    code = "import sys, medianest_bot.cli; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, timeout=30
    )

    assert set(ran.stdout.decode().split()) & set(LOADED_LATE) == set()


def test_no_file_does_work_when_it_is_imported() -> None:
    working = [
        f"{shown(path)}:{one.lineno}"
        for path in OURS
        if path not in SCRIPTS
        for one in ast.parse(path.read_text("utf-8")).body
        if isinstance(one, ast.For | ast.While | ast.With | ast.Try)
        or (isinstance(one, ast.Expr) and not isinstance(one.value, ast.Constant))
    ]

    assert working == []


def test_no_function_is_long() -> None:
    long = [
        f"{shown(path)}:{one.lineno} {one.name}: {length} lines"
        for path in OURS
        for one in nodes(path)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (one.end_lineno or 0) - one.lineno + 1) > LONGEST_FUNCTION
    ]

    assert long == []


def test_no_file_is_long() -> None:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in OURS}

    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_every_file_says_what_it_is_for() -> None:
    dumb = [
        shown(path)
        for path in OURS
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]

    assert dumb == []


def test_nothing_is_global() -> None:
    found = [shown(p) for p in OURS for n in nodes(p) if isinstance(n, ast.Global)]

    assert found == []


def test_everything_is_caught_only_where_people_or_watchers_depend_on_it() -> None:
    catching = {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and _swallows_all(node)
    }

    assert catching - set(MAY_CATCH_ALL) == set()


def _swallows_all(handler: ast.ExceptHandler) -> bool:
    """True where anything at all is caught and not passed on."""
    if any(isinstance(one, ast.Raise) and not one.exc for one in ast.walk(handler)):
        return False
    if handler.type is None:
        return True
    return bool(set(re.findall(r"\w+", ast.unparse(handler.type))) & BROAD)


def test_nothing_is_left_to_do() -> None:
    words = re.compile(
        r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|NotImplemented" r"Error)\b"
    )
    found = [
        f"{shown(path)}:{at}"
        for path in [*OURS, *TESTS]
        for at, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if words.search(line)
    ]

    assert found == []


def test_nothing_of_ours_is_mocked() -> None:
    found = [
        f"{shown(path)}:{line}" for path in TESTS for line in _mocks(path.read_text())
    ]

    assert found == []


def _mocks(text: str) -> Iterator[int]:
    """Lines that import a mock, or patch something that came from our code."""
    tree = ast.parse(text)
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "medianest" in (node.module or "")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if "mock" in f"{getattr(node, 'module', '')} {names}":
                yield node.lineno
        if isinstance(node, ast.Call) and _patches(node, ours):
            yield node.lineno


def _patches(call: ast.Call, ours: set[str]) -> bool:
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    target = ast.unparse(call.args[0]).strip("'\"")
    is_ours = re.split(r"[.\[(]", target)[0] in {*ours, "medianest_bot"}
    return call.func.attr in {"setattr", "delattr", "setitem"} and is_ours
