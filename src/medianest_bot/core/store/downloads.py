"""Downloads and the videos of each. States are text; the rules: core/downloads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, or_, select
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection

from medianest_bot.core.store._rows import all_of, change, first_of, select_as
from medianest_bot.core.store.tables import download_items, youtube_downloads

FINAL = ("done", "cancelled", "failed", "skipped")
"""States after which nothing is expected any more."""


@dataclass(frozen=True, slots=True)
class Download:
    """What somebody asked for: a video or a playlist."""

    id: int
    person_id: int
    url: str
    audio: bool
    title: str
    state: str
    is_playlist: bool
    folder: str | None
    collection_key: str | None
    link: str | None
    error: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DownloadItem:
    """One video of a download. `size` is in bytes, `video` the site's own id."""

    id: int
    download_id: int
    position: int
    url: str
    video: str | None
    title: str
    state: str
    path: str | None
    size: int | None
    plex_key: str | None
    attempts: int
    next_at: datetime | None
    error: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewItem:
    """A video as it is first known."""

    position: int
    url: str
    title: str
    state: str
    video: str | None = None


async def add(
    tx: AsyncConnection,
    person_id: int,
    url: str,
    *,
    audio: bool,
    title: str,
    state: str,
    now: datetime,
    is_playlist: bool = False,
    folder: str | None = None,
) -> Download:
    """Write down what somebody asks for, before it is promised."""
    statement = youtube_downloads.insert().values(
        person_id=person_id,
        url=url,
        audio=audio,
        title=title,
        state=str(state),
        is_playlist=is_playlist,
        folder=folder,
        created_at=now,
        updated_at=now,
    )
    row = (await tx.execute(statement.returning(*_DOWNLOADS.selected_columns))).one()
    return Download(*row)


async def add_items(
    tx: AsyncConnection, download_id: int, items: Sequence[NewItem], now: datetime
) -> tuple[DownloadItem, ...]:
    """Add videos to a download; returns all it has now, in playlist order."""
    rows = [
        {
            "download_id": download_id,
            "position": item.position,
            "url": item.url,
            "video": item.video,
            "title": item.title,
            "state": str(item.state),
            "updated_at": now,
        }
        for item in items
    ]
    if rows:
        await tx.execute(download_items.insert(), rows)
    return await _in_order(tx, download_id)


async def get(db: AsyncConnection, download_id: int) -> Download | None:
    query = _DOWNLOADS.where(youtube_downloads.c.id == download_id)
    return await first_of(db, Download, query)


async def items(db: AsyncConnection, download_id: int) -> tuple[DownloadItem, ...]:
    """The videos of a download, in playlist order."""
    return await _in_order(db, download_id)


async def next_items(
    db: AsyncConnection,
    download_id: int,
    states: Collection[str],
    now: datetime,
    limit: int,
) -> tuple[DownloadItem, ...]:
    """The first videos in these states: those that need not wait before others."""
    item = download_items.c
    here = (item.download_id == download_id, item.state.in_(_texts(states)))
    is_due = or_(item.next_at.is_(None), item.next_at <= now)
    order = (case((is_due, 0), else_=1), item.position, item.id)
    query = _ITEMS.where(*here).order_by(*order).limit(limit)
    return await all_of(db, DownloadItem, query)


async def get_item(db: AsyncConnection, item_id: int) -> DownloadItem | None:
    return await first_of(
        db, DownloadItem, _ITEMS.where(download_items.c.id == item_id)
    )


async def of_person(
    db: AsyncConnection, person_id: int, limit: int, offset: int = 0
) -> tuple[Download, ...]:
    """A person's downloads, newest first."""
    query = _DOWNLOADS.where(youtube_downloads.c.person_id == person_id)
    query = query.order_by(youtube_downloads.c.id.desc()).limit(limit).offset(offset)
    return await all_of(db, Download, query)


async def count_of(db: AsyncConnection, person_id: int) -> int:
    theirs = youtube_downloads.c.person_id == person_id
    return await db.scalar(select(func.count()).where(theirs)) or 0


async def unfinished(
    db: AsyncConnection, *, final: Collection[str] = FINAL
) -> tuple[Download, ...]:
    """Downloads of which something is still expected, oldest first."""
    is_open = youtube_downloads.c.state.not_in(_texts(final))
    query = _DOWNLOADS.where(is_open).order_by(youtube_downloads.c.id)
    return await all_of(db, Download, query)


async def update(
    tx: AsyncConnection, download_id: int, now: datetime, **changes: object
) -> bool:
    """Set columns; True when something changed, False too where it is gone."""
    return await change(tx, youtube_downloads, download_id, changes, now)


async def update_item(
    tx: AsyncConnection, item_id: int, now: datetime, **changes: object
) -> bool:
    """Set columns; True when something changed, False too where it is gone."""
    return await change(tx, download_items, item_id, changes, now)


async def update_items(
    tx: AsyncConnection,
    download_id: int,
    states: Collection[str],
    now: datetime,
    **changes: object,
) -> None:
    """Set columns of all videos of a download that are in one of these states."""
    item = download_items.c
    here = (item.download_id == download_id, item.state.in_(_texts(states)))
    statement = update_rows(download_items).where(*here)
    await tx.execute(statement.values(**changes, updated_at=now))


async def remove(tx: AsyncConnection, download_id: int) -> bool:
    """Forget a download and its videos; the files are the caller's to remove."""
    here = youtube_downloads.c.id == download_id
    done = await tx.execute(delete(youtube_downloads).where(here))
    return done.rowcount > 0


async def by_url(
    db: AsyncConnection, person_id: int, url: str, *, audio: bool
) -> Download | None:
    """A person's newest download of exactly this, whatever became of it."""
    table = youtube_downloads.c
    query = _DOWNLOADS.where(
        table.person_id == person_id, table.url == url, table.audio == audio
    )
    return await first_of(db, Download, query.order_by(table.id.desc()))


async def item_by_video(
    db: AsyncConnection, person_id: int, video: str, *, audio: bool | None = None
) -> DownloadItem | None:
    """A person's item of a video in any download: one with a file, else the newest.

    `audio` None means either.
    """
    table, item = youtube_downloads.c, download_items.c
    query = _ITEMS.join(youtube_downloads).where(
        table.person_id == person_id, item.video == video
    )
    if audio is not None:
        query = query.where(table.audio == audio)
    has_file = case((item.path.is_not(None), 0), else_=1)
    return await first_of(db, DownloadItem, query.order_by(has_file, item.id.desc()))


async def paths_elsewhere(db: AsyncConnection, download_id: int) -> frozenset[str]:
    """The files of this download that others hold too."""
    item, other = download_items.c, download_items.alias().c
    query = select(item.path).where(
        item.download_id == download_id,
        other.download_id != download_id,
        other.path == item.path,
    )
    return frozenset(await db.scalars(query))


async def other_collections(db: AsyncConnection, download_id: int) -> frozenset[str]:
    """The keys of collections that belong to other downloads."""
    table = youtube_downloads.c
    query = select(table.collection_key).where(
        table.id != download_id, table.collection_key.is_not(None)
    )
    return frozenset(await db.scalars(query))


_DOWNLOADS = select_as(Download, youtube_downloads)
_ITEMS = select_as(DownloadItem, download_items)


def _texts(states: Collection[str]) -> list[str]:
    return [str(state) for state in states]


async def _in_order(db: AsyncConnection, download_id: int) -> tuple[DownloadItem, ...]:
    query = _ITEMS.where(download_items.c.download_id == download_id)
    order = (download_items.c.position, download_items.c.id)
    return await all_of(db, DownloadItem, query.order_by(*order))
