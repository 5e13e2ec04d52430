"""The one road to every neighbour that speaks HTTP.

A call has a deadline, is repeated only where that is safe, goes through the
neighbour's breaker, and ends in an `Answer` or one of the four service errors.
No URL, token, header or body appears in any message or log line.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
import structlog

from medianest_bot.services._tries import Again, retry_after, tries
from medianest_bot.services.answer import Answer
from medianest_bot.services.breaker import Breaker
from medianest_bot.services.clock import loop_time
from medianest_bot.services.errors import (
    Missing,
    Refused,
    ServiceError,
    Unreachable,
    Unreadable,
)

CALL_S = 10.0
"""All the time one call may take, repeats included."""
READ_S = 4.0
"""The same for a read somebody is waiting for."""
SUGGEST_S = 0.9
"""The same for autocomplete."""
PROBE_S = 3.0
"""The same for a health probe."""

_MAY_PASS = frozenset({429, 502, 503, 504})
_LARGEST = 8 * 1024 * 1024
"""Lists come in pages; and while JSON is read, nothing else goes on."""
_ODD = (httpx.DecodingError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
"""What httpx raises where the answer is to blame, or what was made of one."""

log = structlog.get_logger(__name__)


def client(
    base_url: str, headers: Mapping[str, str] | None = None
) -> httpx.AsyncClient:
    """A pooled client for one neighbour; whoever asks for it closes it."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(CALL_S, connect=PROBE_S),
        # Few are kept: each question makes httpcore look at all of them, twice.
        limits=httpx.Limits(max_connections=40, max_keepalive_connections=4),
        follow_redirects=False,
        trust_env=False,
        verify=_trust(),
    )


@cache
def _trust() -> ssl.SSLContext:
    """Shared, because reading the certificates takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Http:
    """Calls to one neighbour. `wait` and `clock` are parameters for tests."""

    def __init__(
        self,
        service: str,
        client: httpx.AsyncClient,
        *,
        breaker: Breaker | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = loop_time,
    ) -> None:
        self.service = service
        self.breaker = breaker or Breaker(clock)
        self._client = client
        self._wait = wait
        self._clock = clock
        self._calls: set[asyncio.Timeout] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_closed = False

    async def aclose(self) -> None:
        """Close the connections; calls under way end as if their time were over.

        Whoever made them may have gone, and httpx would leave those open that are
        just being made.
        """
        self._is_closed = True
        for call in self._calls:
            if not call.expired():
                call.reschedule(0)
        await self._is_idle.wait()
        await self._client.aclose()

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        within_s: float = READ_S,
        answers: Collection[int] = (),
    ) -> Answer:
        """Read something: repeated up to three times within the deadline.

        `answers` names further statuses that come back as an Answer instead of
        being raised, for neighbours that use an error status to say something.
        """
        return await self.send(
            "GET",
            path,
            params=params,
            headers=headers,
            within_s=within_s,
            answers=answers,
            repeatable=True,
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        within_s: float = CALL_S,
        answers: Collection[int] = (),
        repeatable: bool = False,
    ) -> Answer:
        """Ask for something to be done: once, unless it is `repeatable`.

        Raises one of the four errors. A 2xx of any kind is an Answer.
        """
        request = self._built(method, path, params=params, headers=headers, json=json)
        turn = self.breaker.enter()
        if turn is None:
            raise Unreachable(self.service, since=self.breaker.since)
        try:
            answer = await self._within(
                within_s, request, answers=answers, repeatable=repeatable
            )
            answer = self._judge(answer, answers)
        except ServiceError as error:
            self.breaker.record(turn, ok=_did_answer(error))
            error.since = self.breaker.since
            raise
        except BaseException:
            self.breaker.release(turn)
            raise
        self.breaker.record(turn, ok=True)
        return answer

    async def probe(self, path: str) -> float:
        """Ask whether it is up, past the breaker; return the milliseconds it took."""
        request = self._built("GET", path)
        started = self._clock()
        try:
            self._judge(await self._within(PROBE_S, request), ())
        except ServiceError as error:
            self.breaker.probed(ok=_did_answer(error))
            error.since = self.breaker.since
            raise
        self.breaker.probed(ok=True)
        return (self._clock() - started) * 1000

    def _built(self, method: str, path: str, **parts: Any) -> httpx.Request:
        """Raises Unreadable for an address that is none: it came from an answer."""
        try:
            return self._client.build_request(method, path, **parts)
        except httpx.InvalidURL as error:
            raise Unreadable(self.service) from error

    async def _within(
        self,
        within_s: float,
        request: httpx.Request,
        *,
        answers: Collection[int] = (),
        repeatable: bool = False,
    ) -> Answer:
        passing = _MAY_PASS.difference(answers) if repeatable else frozenset()
        started = self._clock()
        again = tries(
            3 if repeatable else 1,
            ends=started + within_s,
            clock=self._clock,
            wait=self._wait,
        )
        try:
            async with self._until(within_s):
                return await again(self._once, request, passing)
        except Again as last:
            raise last.error from last.__cause__
        except TimeoutError as error:
            self._note(request, "deadline", started)
            raise Unreachable(self.service) from error

    @asynccontextmanager
    async def _until(self, within_s: float) -> AsyncIterator[None]:
        """Raises TimeoutError when the time is over, or we are closed."""
        if self._is_closed:
            raise TimeoutError
        async with asyncio.timeout(within_s) as call:
            self._calls.add(call)
            self._is_idle.clear()
            try:
                yield
            finally:
                self._calls.discard(call)
                if not self._calls:
                    self._is_idle.set()

    async def _once(self, request: httpx.Request, passing: Collection[int]) -> Answer:
        started = self._clock()
        try:
            answer = await self._read(request)
        except _ODD as error:
            self._note(request, type(error).__name__, started)
            raise Unreadable(self.service) from error
        except httpx.HTTPError as error:
            self._note(request, type(error).__name__, started)
            # What cannot be sent is quoted in the error, and may be a key.
            cause = None if isinstance(error, httpx.LocalProtocolError) else error
            raise Again(Unreachable(self.service)) from cause
        self._note(request, answer.status, started)
        if answer.status in passing:
            trouble = Unreachable(self.service, status=answer.status)
            raise Again(trouble, retry_after(answer.headers.get("retry-after")))
        return answer

    async def _read(self, request: httpx.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST:
                    raise Unreadable(self.service, status=response.status_code)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self.service, response.status_code, headers, bytes(body))

    def _judge(self, answer: Answer, answers: Collection[int]) -> Answer:
        status = answer.status
        if 200 <= status < 300 or status in answers:
            return answer
        if status == 404:
            raise Missing(self.service, status=status, said=answer.said)
        if 300 <= status < 500 and status != 429:
            raise Refused(self.service, status=status, said=answer.said)
        raise Unreachable(
            self.service,
            status=status,
            said=answer.said,
        )

    def _note(self, request: httpx.Request, ended: object, started: float) -> None:
        took_ms = round((self._clock() - started) * 1000, 1)
        log.debug(
            "call", to=self.service, method=request.method, ended=ended, ms=took_ms
        )


def _did_answer(error: ServiceError) -> bool:
    """False where the error says that the neighbour is down; 4xx are answers."""
    is_fault = error.status is None or error.status >= 500
    return not (isinstance(error, Unreachable) and is_fault)
