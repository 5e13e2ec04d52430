"""What Discord says when something does not work, told apart by its codes.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

import aiohttp
import discord

ACKNOWLEDGED = 40060
UNKNOWN_MESSAGE = 10008
NO_DIRECT_MESSAGES = 50007
_NO_WAY_IN = frozenset({10003, 10004, 10013, 50001, 50013, 50278})
_NOT_TAKEN = frozenset({50035, 40005})

Failure = discord.DiscordException | aiohttp.ClientError | OSError | TimeoutError
FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)
"""All that a call of Discord's may end with."""


class WrongToken(Exception):
    """Discord does not know the token: nothing will ever work with it."""


def code_of(error: BaseException) -> int | None:
    return error.code if isinstance(error, discord.HTTPException) else None


def is_acknowledged(error: BaseException) -> bool:
    """An earlier try of ours has arrived, though its answer was lost."""
    return code_of(error) == ACKNOWLEDGED


def is_message_gone(error: BaseException) -> bool:
    return code_of(error) == UNKNOWN_MESSAGE


def is_unwelcome(error: BaseException) -> bool:
    """Nothing sent there will arrive, however often."""
    return code_of(error) in {NO_DIRECT_MESSAGES, *_NO_WAY_IN}


def is_not_taken(error: BaseException) -> bool:
    """What we send is not as Discord wants it, or too large."""
    return code_of(error) in _NOT_TAKEN


def is_worth_another_try(error: BaseException) -> bool:
    """A cut connection, a fault of the server, a limit: not our message's fault."""
    if isinstance(error, discord.RateLimited | discord.DiscordServerError):
        return True
    if isinstance(error, discord.HTTPException):
        return error.status == 429 or error.status >= 500
    return not isinstance(error, discord.DiscordException)
