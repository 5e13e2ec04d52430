"""The calls to Seerr: who asks, what comes back, and what the odd statuses mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from medianest_bot.services import _seerr_reading as reading
from medianest_bot.services._seerr_models import About, Request, RequestState, User
from medianest_bot.services._seerr_refusals import (
    NO_SEASONS,
    NOT_AS_USER,
    NOT_PENDING,
    NOT_THEIRS,
    Refusal,
    refusal,
)
from medianest_bot.services.answer import Answer
from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable
from medianest_bot.services.http import READ_S, Http
from medianest_bot.services.loose import text

API = "/api/v1"

T = TypeVar("T")


class UnknownTitle(Unreachable):
    """Asked for one title by its number: no such title, or TMDB is away.

    Seerr answers 500 to both, and itself is well.
    """


class Calls:
    """Reads with the key alone or as a person; does things only as a person."""

    def __init__(self, http: Http, key: str) -> None:
        self._http = http
        # What no header can carry is a wrong key, and must not end in an error
        # that holds it.
        self._key = key if key.isascii() and key.isprintable() else "?"

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        as_user: int | None = None,
        within_s: float = READ_S,
        answers: Collection[int] = (),
    ) -> Answer:
        return await self._http.get(
            API + path,
            params=params,
            headers=self._headers(as_user),
            within_s=within_s,
            answers=answers,
        )

    async def act(
        self,
        method: str,
        path: str,
        *,
        as_user: int,
        json: object = None,
        answers: Collection[int] = (),
    ) -> Answer:
        """Do something as a person, once.

        A wrong key and a person who may not get the same answer; a second look
        with the key alone tells them apart.
        """
        headers = self._headers(user_id(as_user))
        try:
            return await self._http.send(
                method, API + path, headers=headers, json=json, answers=answers
            )
        except Refused as error:
            if refusal(error) is not Refusal.KEY:
                raise
            await self.check_key()
            raise refused(error.service, error.status, NOT_AS_USER) from error

    async def check_key(self) -> User:
        return whole(await self.get("/auth/me"), reading.user)

    async def about(self) -> About:
        status = await self.get("/status")
        public = await self.get("/settings/public")
        product = "Seerr" if "mediaServerType" in public.object() else "Overseerr"
        return About(product, text(status.object().get("version")))

    async def request(self, request_id: int) -> Request:
        answer = await self.get(f"/request/{int(request_id)}")
        return whole(answer, reading.request)

    async def take_back(self, request_id: int, *, as_user: int) -> Request:
        """Deletes a request, where it is that person's and still pending."""
        user_id(as_user)
        request = await self.request(request_id)
        if request.requested_by != as_user:
            raise refused(self._http.service, 403, NOT_THEIRS)
        if request.state is not RequestState.PENDING:
            raise refused(self._http.service, 409, NOT_PENDING)
        await self.act("DELETE", f"/request/{request.id}", as_user=as_user)
        return request

    def _headers(self, as_user: int | None) -> Mapping[str, str]:
        headers = {"X-Api-Key": self._key}
        if as_user is not None:
            headers["X-API-User"] = str(user_id(as_user))
        return headers


def user_id(value: int) -> int:
    """Neither server ever answers an `X-API-User` that is no number."""
    if type(value) is not int:
        raise TypeError("a Seerr user id is an int")
    if value < 1:
        raise ValueError("a Seerr user id is positive")
    return value


def whole(answer: Answer, read: Callable[[Any], T | None]) -> T:
    """The answer as read; Unreadable where it makes no sense."""
    value = read(answer.object())
    if value is None:
        raise Unreadable(answer.service, status=answer.status)
    return value


def made(answer: Answer) -> Request:
    """The new request; success is exactly 201, and 202 says that there is none."""
    said = _said(answer)
    if answer.status == 201:
        return whole(answer, reading.request)
    if answer.status == 202:
        raise refused(answer.service, 202, said or NO_SEASONS)
    if answer.status == 500 and "status code 404" in said:
        raise Missing(answer.service, status=500, said=said)
    if answer.status == 500:
        raise Unreachable(answer.service, status=500, said=said)
    raise Unreadable(answer.service, status=answer.status)


def known(answer: Answer) -> Answer:
    """The answer about one title, unless it is the 500 that was let through."""
    if answer.status == 500:
        raise UnknownTitle(answer.service, status=500, said=_said(answer))
    return answer


def refused(service: str, status: int | None, said: str) -> Refused:
    return Refused(service, status=status, said=said)


def _said(answer: Answer) -> str:
    try:
        return text(answer.object().get("message"))[:200]
    except Unreadable:
        return ""
