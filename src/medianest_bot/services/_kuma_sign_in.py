"""How we get into Uptime Kuma: by the kept token, or once by password.

Kuma's answers carry words in 1.23 and keys in 2.x; only `ok` is looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from medianest_bot.services._kuma_models import SERVICE, SignIn, SignInTrouble
from medianest_bot.services._kuma_socket import Line
from medianest_bot.services.errors import Refused, Unreachable
from medianest_bot.services.http import CALL_S

_AUTO = 0.3
"""The part of our patience in which a server lets us in by itself."""


class Door:
    """Keeps the token; `keep_token` is awaited with each new one.

    Each step is given `patience_s`.
    """

    def __init__(
        self,
        sign_in: SignIn | None,
        token: str | None,
        keep_token: Callable[[str], Awaitable[None]],
        patience_s: float = CALL_S,
    ) -> None:
        self._sign_in = sign_in
        self._token = token
        self._keep_token = keep_token
        self._patience_s = patience_s

    async def enter(self, line: Line) -> None:
        """Sign in. Raises Unreachable, Unreadable, or Refused with a SignInTrouble."""
        await line.seen("info", self._patience_s)
        if self._token is not None:
            answer = await line.call(
                "loginByToken", self._token, within_s=self._patience_s
            )
            if answer.get("ok"):
                return
            if self._sign_in is None:
                raise Refused(SERVICE, said=SignInTrouble.TOKEN_REFUSED)
            self._token = None
        if self._sign_in is None:
            await self._wait_for_open_house(line)
        else:
            await self._enter_by_password(line, self._sign_in)

    async def _wait_for_open_house(self, line: Line) -> None:
        """A server whose sign-in is turned off lets everybody in by itself."""
        try:
            await line.seen("autoLogin", _AUTO * self._patience_s)
        except Unreachable as error:
            raise Refused(SERVICE, said=SignInTrouble.NO_CREDENTIALS) from error

    async def _enter_by_password(self, line: Line, sign_in: SignIn) -> None:
        words = {
            "username": sign_in.username,
            "password": sign_in.password,
            "token": sign_in.totp or "",
        }
        # A code works once: used or refused, it is no good for a second try.
        self._sign_in = replace(sign_in, totp=None)
        answer = await line.call("login", words, within_s=self._patience_s)
        if answer.get("tokenRequired"):
            raise Refused(SERVICE, said=SignInTrouble.TOTP_NEEDED)
        token = answer.get("token")
        if not answer.get("ok") or not isinstance(token, str):
            raise Refused(SERVICE, said=SignInTrouble.WRONG_CREDENTIALS)
        self._token = token
        await self._keep_token(token)
