"""Makes the keys of a house anew, killed at every single line of it in turn.

Run as `python rotating.py FOLDER`, with a database and secrets in FOLDER/house. Prints
a line for each time, with what was wrong after it, and `over` at the end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from medianest_bot.core import rotation
from medianest_bot.core.secrets import find_keyring, ring_file
from medianest_bot.core.store.engine import Store
from medianest_bot.settings import Settings, read

WATCHED = ("core/rotation.py", "core/_key_files.py", "core/store/sealed.py")
KILLED = -signal.SIGKILL


def settings_in(folder: Path) -> Settings:
    return read({"DATA_DIR": str(folder)}, env_file=None, secrets_dir=None)


async def rotate(folder: Path) -> None:
    settings = settings_in(folder)
    store = await Store.open(settings.database_address, lock_folder=folder)
    try:
        await rotation.renew(store, ring_file(settings))
    finally:
        await store.close()


async def what_is_wrong(folder: Path) -> list[str]:
    """With the house as it was left: every secret opens with the keys there are."""
    settings = settings_in(folder)
    store = await Store.open(settings.database_address, lock_folder=folder)
    try:
        found = await rotation.check(store, find_keyring(settings))
    finally:
        await store.close()
    wrong = [f"{one.where.row} {one.wrong}" for one in found.faults]
    wrong += [] if found.opened else ["nothing is left"]
    files = (folder / "keys").iterdir()
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in files}
    return wrong + [name for name, mode in modes.items() if mode != 0o600]


def killed_after(lines: int, folder: Path) -> int:
    """Rotate in a child that dies before its line number `lines`; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
            if len(seen) > lines:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    asyncio.run(rotate(folder))
    os._exit(0)


def main() -> None:
    home = Path(sys.argv[1])
    lines, code = 0, KILLED
    while code == KILLED:
        folder = home / str(lines)
        shutil.copytree(home / "house", folder)
        code = killed_after(lines, folder)
        wrong = asyncio.run(what_is_wrong(folder))
        asyncio.run(rotate(folder))
        wrong += asyncio.run(what_is_wrong(folder))
        left = [one.name for one in (folder / "keys").iterdir()]
        wrong += [] if left == ["ring"] else left
        wrong += ["two keys"] if "," in (folder / "keys/ring").read_text() else []
        sys.stdout.write(f"{lines} {code}: {wrong}\n")
        shutil.rmtree(folder)
        lines += 1
    sys.stdout.write("over\n" if code == 0 else f"failed {code}\n")


if __name__ == "__main__":
    main()
