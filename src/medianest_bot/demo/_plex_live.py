"""What happens in the demo's Plex by itself: scans that take time, and their news."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from medianest_bot.demo._plex_library import Library, videos_in
from medianest_bot.demo._plex_rows import TYPES, VIDEOS
from medianest_bot.demo._plex_wire import Json

_SCAN_S = 1.5
_CREATED, _SEEN, _PROCESSED, _DELETED = 0, 1, 5, 9


class Live:
    """Tells every websocket what happens. `pace` stretches how long a scan takes."""

    def __init__(
        self, library: Library, pace: float, now: Callable[[], float] = time.time
    ) -> None:
        self.pace = pace
        self.activities: dict[str, Json] = {}
        self.on_scanned: Callable[[], None] = lambda: None
        self._library = library
        self._now = now
        self._sockets: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = asyncio.Lock()

    @property
    def listeners(self) -> int:
        return len(self._sockets)

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """One listener, for as long as it stays."""
        socket = web.WebSocketResponse(heartbeat=15)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            async for _ in socket:
                pass  # listeners have nothing to say
        finally:
            self._sockets.discard(socket)
        return socket

    def scan(self, section: str, path: str | None) -> None:
        """Begin a scan; a folder that is not of the library is passed over."""
        if path is None or self._library.is_within(section, path):
            self._start(self._scan(section, path), section)

    def cancel_scan(self, section: str) -> None:
        for task in self._tasks:
            if task.get_name() == section:
                task.cancel()

    def announce(self, new: list[Json], gone: list[Json]) -> None:
        """Tell of items that came and went outside a scan, if anybody listens."""
        if self._sockets:
            self._start(self._tell_items(new, gone))

    def tell_soon(self, type_: str, name: str, row: Json) -> None:
        if self._sockets:
            self._start(self._tell(type_, name, row))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _start(self, work: Coroutine[Any, Any, None], name: str = "") -> None:
        task = asyncio.create_task(work, name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _scan(self, section: str, path: str | None) -> None:
        about = self._library.sections[section]
        activity = _activity(section, about["title"])
        self.activities[activity["uuid"]] = activity
        about["refreshing"] = True
        try:
            await self._tell_activity("started", activity)
            await asyncio.sleep(_SCAN_S * self.pace / 2)
            await self._tell_activity("updated", activity | {"progress": 50})
            await asyncio.sleep(_SCAN_S * self.pace / 2)
            if section == VIDEOS:
                await self._look(path)
        finally:
            del self.activities[activity["uuid"]]
            others = (one["Context"] for one in self.activities.values())
            about["refreshing"] = activity["Context"] in others
        about["scannedAt"] = int(self._now())
        await self._tell_activity("ended", activity | {"progress": 100})
        done = {
            "title": "Library scan complete",
            "description": "",
            "notificationName": "LIBRARY_UPDATE",
        }
        await self._tell("status", "StatusNotification", done)

    async def _look(self, path: str | None) -> None:
        folder = Path(path) if path else self._library.videos_folder
        there = await asyncio.to_thread(videos_in, folder)
        new, gone = self._library.scan(folder, there)
        self.on_scanned()
        await self._tell_items(new, gone)

    async def _tell_items(self, new: list[Json], gone: list[Json]) -> None:
        """What has no agent is never reported as processed."""
        for row in new:
            await self._tell_item(row, _CREATED, metadataState="created")
            is_video = row["librarySectionID"] == int(VIDEOS)
            await self._tell_item(row, _SEEN if is_video else _PROCESSED)
        for row in gone:
            await self._tell_item(row, _DELETED, metadataState="deleted")

    async def _tell_item(self, row: Json, state: int, **more: str) -> None:
        entry = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": str(row["librarySectionID"]),
            "itemID": row["ratingKey"],
            "type": TYPES[row["type"]],
            "title": row["title"],
            "state": state,
            "updatedAt": int(self._now()),
            **more,
        }
        await self._tell("timeline", "TimelineEntry", entry)

    async def _tell_activity(self, event: str, activity: Json) -> None:
        told = {"event": event, "uuid": activity["uuid"], "Activity": activity}
        await self._tell("activity", "ActivityNotification", told)

    async def _tell(self, type_: str, name: str, row: Json) -> None:
        frame = {"NotificationContainer": {"type": type_, "size": 1, name: [row]}}
        text = json.dumps(frame)
        async with self._telling:
            for socket in list(self._sockets):
                if not socket.closed:
                    await socket.send_str(text)


def _activity(section: str, title: str) -> Json:
    return {
        "uuid": str(uuid.uuid4()),
        "type": "library.update.section",
        "cancellable": False,
        "userID": 1,
        "title": f"Scanning {title}",
        "subtitle": "",
        "progress": 0,
        "Context": {"librarySectionID": section},
    }
