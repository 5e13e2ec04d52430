"""The demo's Plex about itself: what it is, who plays what, who may listen."""

from __future__ import annotations

from aiohttp import web

from medianest_bot.demo._plex_library import Library
from medianest_bot.demo._plex_live import Live
from medianest_bot.demo._plex_wire import Json, answer, listed, no
from medianest_bot.demo.household import Household

VERSION = "1.43.3.10828-00f62d37d"


class ServerDesk:
    """Routes that are not about the library."""

    def __init__(self, household: Household, library: Library, live: Live) -> None:
        self._household = household
        self._live = live
        self.sessions = [_playing(household, library)]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._about),
            web.get("/identity", self._identity),
            web.get("/activities", self._activities),
            web.delete("/activities/{id}", self._end_activity),
            web.get("/status/sessions", self._sessions),
            web.get("/status/sessions/terminate", self._terminate),
            web.post("/status/sessions/terminate", self._terminate),
            web.get("/accounts", self._accounts),
            web.get("/:/websockets/notifications", self._live.listen),
            web.get("/:/websocket/notifications", self._live.listen),
        ]

    async def _identity(self, request: web.Request) -> web.Response:
        about = {
            "size": 0,
            "claimed": True,
            "machineIdentifier": self._household.plex_machine_id,
            "version": VERSION,
        }
        return answer(request, about)

    async def _about(self, request: web.Request) -> web.Response:
        about = {
            "size": 1,
            "allowMediaDeletion": True,
            "allowSync": True,
            "certificate": True,
            "claimed": True,
            "diagnostics": "logs,databases,streaminglogs",
            "eventStream": True,
            "friendlyName": self._household.name,
            "hubSearch": True,
            "machineIdentifier": self._household.plex_machine_id,
            "multiuser": True,
            "myPlex": True,
            "myPlexMappingState": "mapped",
            "myPlexSigninState": "ok",
            "myPlexSubscription": True,
            "myPlexUsername": self._household.people[0].plex_name,
            "ownerFeatures": "collections,session_kick,webhooks",
            "platform": "Linux",
            "platformVersion": "6.12",
            "transcoderActiveVideoSessions": 0,
            "transcoderVideo": True,
            "transcoderVideoBitrates": "64,320,720,1500,2000,4000,8000",
            "transcoderVideoQualities": "0,1,2,3,4,5,6",
            "transcoderVideoResolutions": "128,240,320,480,720,1080",
            "updatedAt": 1_750_000_000,
            "version": VERSION,
            "Directory": [
                {"count": 1, "key": name, "title": name}
                for name in ("accounts", "activities", "library", "hubs")
            ],
        }
        return answer(request, about)

    async def _activities(self, request: web.Request) -> web.Response:
        return listed(request, "Activity", list(self._live.activities.values()))

    async def _end_activity(self, request: web.Request) -> web.Response:
        is_known = request.match_info["id"] in self._live.activities
        return no(400, "Bad Request") if is_known else no(404, "Not Found")

    async def _sessions(self, request: web.Request) -> web.Response:
        return listed(request, "Metadata", self.sessions)

    async def _terminate(self, request: web.Request) -> web.Response:
        asked = request.query.get("sessionId", "")
        if not asked:
            return no(403, "Forbidden")
        for row in self.sessions:
            if row["Session"]["id"] == asked:
                self.sessions.remove(row)
                told = {
                    "sessionKey": row["sessionKey"],
                    "ratingKey": row["ratingKey"],
                    "key": row["key"],
                    "viewOffset": row["viewOffset"],
                    "state": "stopped",
                }
                self._live.tell_soon("playing", "PlaySessionStateNotification", told)
                return web.Response()
        return no(404, "Not Found")

    async def _accounts(self, request: web.Request) -> web.Response:
        people = [one for one in self._household.people if one.plex_id is not None]
        rows = [
            # Here the owner is always number one.
            {
                "id": one.plex_id if number else 1,
                "key": f"/accounts/{one.plex_id if number else 1}",
                "name": one.plex_name,
                "defaultAudioLanguage": "en",
                "autoSelectAudio": True,
                "defaultSubtitleLanguage": "",
                "subtitleMode": 0,
                "thumb": "",
            }
            for number, one in enumerate(people)
        ]
        return listed(request, "Account", rows)


def _playing(household: Household, library: Library) -> Json:
    """The second of the household is watching the first film."""
    film = next(row for row in library.items.values() if row["type"] == "movie")
    person = household.people[1]
    return {
        **film,
        "sessionKey": "7",
        "viewOffset": 900_000,
        "User": {"id": str(person.plex_id), "title": person.plex_name, "thumb": ""},
        "Player": {
            "address": "192.168.1.20",
            "local": True,
            "machineIdentifier": "living-room-television",
            "platform": "webOS",
            "product": "Plex for LG",
            "state": "playing",
            "title": "Living room",
        },
        "Session": {"id": "demo-session-7", "bandwidth": 2000, "location": "lan"},
    }
