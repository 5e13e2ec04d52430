"""A stand-in of Discord: strict, whole, over real HTTP and a real websocket."""

from tests.discord_api.asking import Impossible
from tests.discord_api.calls import Call
from tests.discord_api.faults import Hold
from tests.discord_api.interactions import Asked
from tests.discord_api.server import Server, discord_api
from tests.discord_api.world import Channel, Guild, Message, Person, Role

__all__ = [
    "Asked",
    "Call",
    "Channel",
    "Guild",
    "Hold",
    "Impossible",
    "Message",
    "Person",
    "Role",
    "Server",
    "discord_api",
]
