"""A stand-in of Telegram's Bot API: strict, whole, and over real HTTP."""

from tests.bot_api.answering import Press, Question, Result
from tests.bot_api.calls import Call
from tests.bot_api.faults import Hold
from tests.bot_api.server import Server, bot_api
from tests.bot_api.world import Button, Chat, Message, Person

__all__ = [
    "Button",
    "Call",
    "Chat",
    "Hold",
    "Message",
    "Person",
    "Press",
    "Question",
    "Result",
    "Server",
    "bot_api",
]
