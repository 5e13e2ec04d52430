"""The doctor's look at folders and at the programs that downloads need."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from medianest_bot._doctor_findings import Finding, bad, good, note
from medianest_bot.services import sites
from medianest_bot.services.lanes import LaneFailed, Lanes, LaneSettings
from medianest_bot.settings import Settings

MIN_FREE = 2 * 1024**3
OTHERS = 0o077
DATA = "Data folder"
DOWNLOADS = "Downloads folder"


async def data(settings: Settings) -> tuple[Finding, ...]:
    return await asyncio.to_thread(_data, settings.data_dir)


async def private(settings: Settings, env_file: Path | None) -> tuple[Finding, ...]:
    """Only files that are there, hold secrets, and can be read by others."""
    return await asyncio.to_thread(_private, settings.data_dir, env_file)


async def downloads(settings: Settings) -> tuple[Finding, ...]:
    return await asyncio.to_thread(_downloads, settings)


async def lane() -> tuple[Finding, ...]:
    """Boots a lane, as the first download would."""
    with tempfile.TemporaryDirectory(prefix="medianest-doctor-") as name:
        rules = LaneSettings(sites=(), temp=Path(name), ffmpeg=shutil.which("ffmpeg"))
        lanes = Lanes(rules, 1)
        try:
            about = await lanes.about()
        except LaneFailed as error:
            mend = "Install it again: pip install -r requirements.lock"
            return (bad("yt-dlp", f"does not start ({error.said})", mend),)
        finally:
            await lanes.aclose(0.5)
    return (
        good("yt-dlp", about.version),
        _program("ffmpeg", has_it=about.has_ffmpeg),
        _program("deno", has_it=about.js is not None),
    )


def folder(about: str, path: Path, setting: str) -> Finding:
    """A folder is good when it is there, or can be made, and can be written."""
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError:
        mend = f"Make it writable for the bot's user, or set {setting} to another one."
        return bad(about, f"{path} cannot be written", mend)
    free = shutil.disk_usage(nearest).free
    if free < MIN_FREE:
        mend = "Make room, or point it at a larger disk."
        return bad(about, f"only {free // 1024**2} MB are free", mend)
    return good(about, f"{path}, {free // 1024**3} GB free")


def _data(path: Path) -> tuple[Finding, ...]:
    found = folder(DATA, path, "DATA_DIR")
    if path.is_dir() and path.stat().st_mode & OTHERS:
        said = "other users of this machine may look into it"
        return found, note(DATA, said, f"chmod 700 {path}")
    return (found,)


def _private(data_dir: Path, env_file: Path | None) -> tuple[Finding, ...]:
    held = {
        "Settings file": env_file,
        "Key file": data_dir / "keys" / "ring",
    }
    return tuple(
        note(about, f"other users of this machine may read {path}", f"chmod 600 {path}")
        for about, path in held.items()
        if path is not None and path.is_file() and path.stat().st_mode & OTHERS
    )


def _downloads(settings: Settings) -> tuple[Finding, ...]:
    path = settings.downloads_dir
    found = [folder(DOWNLOADS, path, "DOWNLOADS_DIR")]
    unfinished = path / ".unfinished"
    if unfinished.is_dir() and unfinished.stat().st_dev != path.stat().st_dev:
        mend = f"Unmount {unfinished}: finished files are moved in one step."
        found.append(bad(DOWNLOADS, ".unfinished is on another disk", mend))
    try:
        allowed = len(sites.parse(settings.download_sites))
    except ValueError as error:
        mend = "Correct DOWNLOAD_SITES; docs/settings.md says what it may hold."
        return (*found, bad("Download sites", str(error), mend))
    return (*found, good("Download sites", f"{allowed} allowed"))


_WITHOUT = {
    "ffmpeg": "apt install ffmpeg: without it only single-file videos work.",
    "deno": "Install deno: without it some YouTube videos do not work.",
}


def _program(name: str, *, has_it: bool) -> Finding:
    if has_it:
        return good(name, "is there")
    return note(name, "is not there", _WITHOUT[name])
