"""The websocket over which Discord tells bots what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web
from tests.discord_api import shapes
from tests.discord_api.lines import Line, Session
from tests.discord_api.refused import Raw
from tests.discord_api.world import World

HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT = 1, 2, 3, 6, 7
INVALID, HELLO, ACK = 9, 10, 11
KNOWN = (HEARTBEAT, IDENTIFY, PRESENCE, 4, RESUME, 8, 31)
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
GUILDS, GUILD_MESSAGES, DM_MESSAGES, CONTENT = 1, 1 << 9, 1 << 12, 1 << 15


class Gateway:
    def __init__(
        self,
        world: World,
        token: str,
        *,
        heartbeat_ms: int,
        has_privileged: bool,
        woke: Callable[[], None],
    ) -> None:
        self.world = world
        self.token = token
        self.heartbeat_ms = heartbeat_ms
        self.has_privileged = has_privileged
        self.woke = woke
        self.sessions: list[Session] = []
        self.lines: list[Line] = []
        self.identifies: list[Raw] = []
        self.closes: list[int | None] = []
        """How clients ended their connections: their close codes."""
        self.beats = 0
        self.unheard = 0
        """What came while the gateway was deaf."""
        self.is_deaf = False
        self.is_down = False

    @property
    def url(self) -> str:
        return self.world.base_url.replace("http", "ws", 1) + "/gateway"

    @property
    def session(self) -> Session:
        """The newest one."""
        return self.sessions[-1]

    @property
    def is_connected(self) -> bool:
        return any(one.line is not None for one in self.sessions)

    def tell(self, event: str, data: Raw) -> None:
        for session in self.sessions:
            if (fit := _for_intents(session.intents, event, data)) is not None:
                session.tell(event, fit)

    def tell_newest(self, event: str, data: Raw) -> None:
        """What only one of several sessions gets; nobody where there is none."""
        if self.sessions:
            self.session.tell(event, data)

    # What may happen to connections.

    def drop(self, code: int | None = None) -> None:
        """Close all connections with a code, or cut them without one."""
        for line in list(self.lines):
            if line.session is not None:
                line.session.line = None
            if code is None:
                line.cut()
            else:
                line.close(code)

    def reconnect(self) -> None:
        self._say({"op": RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        self._say({"op": INVALID, "d": resumable})
        if not resumable:
            self.sessions.clear()
            for line in self.lines:
                line.session = None

    def ready_again(self) -> None:
        for session in self.sessions:
            self._ready(session)

    def asks_beat(self) -> None:
        self._say({"op": HEARTBEAT, "d": None})

    def goes_deaf(self) -> None:
        """Nothing is heard any more, and nothing acknowledged or told."""
        self.is_deaf = True
        for line in self.lines:
            line.mute()

    def hears_again(self) -> None:
        self.is_deaf = False
        for line in self.lines:
            line.unmute()

    def goes_down(self) -> None:
        self.is_down = True
        self.drop()

    def comes_back(self) -> None:
        self.is_down = False

    def _say(self, said: Raw) -> None:
        for line in self.lines:
            line.send(said)

    # What clients say.

    async def connect(self, request: web.Request) -> web.StreamResponse:
        if self.is_down:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        line = Line(socket, request)
        self.lines.append(line)
        hello = {"heartbeat_interval": self.heartbeat_ms}
        line.send({"op": HELLO, "d": hello, "s": None, "t": None})
        try:
            async for one in socket:
                if one.type is WSMsgType.TEXT:
                    self._hear(line, one.data)
                    self.woke()
        finally:
            await self._ended(line)
        return socket

    async def _ended(self, line: Line) -> None:
        self.lines.remove(line)
        code = line.socket.close_code
        self.closes.append(code)
        session = line.session
        if session is not None and session.line in (line, None):
            session.line = None
            is_goodbye = code in (1000, 1001) and not line.is_ended_by_us
            if is_goodbye and session in self.sessions:
                self.sessions.remove(session)
        await line.aclose()
        self.woke()

    def _hear(self, line: Line, text: str) -> None:
        if self.is_deaf:
            self.unheard += 1
            return
        if line.sends.enter(self.world.clock()) is not None:
            line.close(4008)
            return
        try:
            said = json.loads(text)
            op = said["op"]
        except (ValueError, KeyError, TypeError):
            line.close(4002)
            return
        self._obey(line, op, said.get("d"))

    def _obey(self, line: Line, op: int, data: Any) -> None:
        if op not in KNOWN:
            line.close(4001)
        elif op == HEARTBEAT:
            self.beats += 1
            line.send({"op": ACK})
        elif op == IDENTIFY:
            self._identify(line, data)
        elif op == RESUME:
            self._resume(line, data)
        elif line.session is None:
            line.close(4003)

    def _identify(self, line: Line, data: Raw) -> None:
        intents = data.get("intents")
        if line.session is not None:
            line.close(4005)
        elif data.get("token") != self.token:
            line.close(4004)
        elif not isinstance(intents, int) or intents < 0 or intents >> 26:
            line.close(4013)
        elif intents & PRIVILEGED and not self.has_privileged:
            line.close(4014)
        else:
            self.identifies.append(data)
            # Who identifies anew has given up what it could have resumed.
            self.sessions = [one for one in self.sessions if one.line is not None]
            session = Session(uuid4().hex, intents, data.get("properties") or {})
            self.sessions.append(session)
            line.session, session.line = session, line
            self._ready(session)

    def _ready(self, session: Session) -> None:
        here = [one for one in self.world.guilds.values() if one.has_bot]
        unavailable = [{"id": str(one.id), "unavailable": True} for one in here]
        about = {"v": 10, "user": shapes.me_raw(self.world), "guilds": unavailable}
        application = {"id": str(self.world.me.id), "flags": 0}
        where = {"session_id": session.id, "resume_gateway_url": self.url}
        session.tell("READY", about | where | {"application": application})
        if session.intents & GUILDS:
            for one in here:
                told = shapes.guild_create(self.world, one)
                # By this clients tell it from a server they were just added to.
                session.tell("GUILD_CREATE", told | {"unavailable": False})

    def _resume(self, line: Line, data: Raw) -> None:
        if data.get("token") != self.token:
            line.close(4004)
            return
        known = [one for one in self.sessions if one.id == data.get("session_id")]
        if not known:
            line.send({"op": INVALID, "d": False})
            return
        session, since = known[0], data.get("seq") or 0
        if since > session.sequence:
            line.close(4007)
            return
        line.session, session.line = session, line
        for text in [text for number, text in session.told if number > since]:
            line.send_text(text)
        session.resumes += 1
        session.tell("RESUMED", {})

    async def aclose(self) -> None:
        for line in list(self.lines):
            line.close(1001)
        await asyncio.sleep(0)


def _for_intents(intents: int, event: str, data: Raw) -> Raw | None:
    """The event as a client with these intents gets it, or None."""
    if event.startswith(("GUILD_", "CHANNEL_")):
        return data if intents & GUILDS else None
    if event.startswith("MESSAGE_"):
        wanted = GUILD_MESSAGES if "guild_id" in data else DM_MESSAGES
        if not intents & wanted:
            return None
        is_hidden = "guild_id" in data and not intents & CONTENT
        if is_hidden and not data.get("author", {}).get("bot"):
            return data | {"content": "", "embeds": [], "components": []}
    return data
