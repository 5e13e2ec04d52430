"""What downloads do on the disk. Everything here blocks: call it in a thread."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

UNFINISHED = ".unfinished"
"""Below the downloads folder, because files are moved, not copied, when done."""

_AUDIO = frozenset({".m4a", ".mp3", ".opus", ".ogg", ".aac", ".weba", ".flac", ".wav"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished file. Files appear in a person's folder only when complete."""

    path: Path
    size: int
    title: str


def working_folder(folder: Path, number: int) -> Path:
    """Where one video is fetched to."""
    return folder / UNFINISHED / str(number)


def kept(path: Path) -> Kept | None:
    """The finished file at `path`, None where there is none any more."""
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return Kept(path, size, path.stem.rpartition(" [")[0] or path.stem)


def find(folder: Path, video_id: str, *, audio: bool) -> Kept | None:
    """The finished file of a video: lanes end its name in the id, in brackets."""
    ending = f" [{video_id}]"
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return None
    fit = (one for one in paths if one.stem.endswith(ending) and not one.is_dir())
    same_kind = (one for one in fit if (one.suffix.lower() in _AUDIO) == audio)
    return next(filter(None, map(kept, same_kind)), None)


def drop(folder: Path, numbers: Iterable[int]) -> None:
    """Remove what was fetched of videos that nobody will finish."""
    for number in numbers:
        shutil.rmtree(working_folder(folder, number), ignore_errors=True)


def drop_all_but(folder: Path, numbers: Collection[int]) -> None:
    """Remove what runs that ended badly left behind; only folders of ours."""
    try:
        names = [one.name for one in (folder / UNFINISHED).iterdir()]
    except OSError:
        return
    known = {str(number) for number in numbers}
    strays = (name for name in names if name.isdecimal() and name not in known)
    drop(folder, map(int, strays))


def unlink(paths: Iterable[Path], folder: Path) -> None:
    """Remove files, but never one outside our folder. Raises OSError."""
    inside = folder.resolve()
    for path in paths:
        if path.resolve().is_relative_to(inside):
            path.unlink(missing_ok=True)
