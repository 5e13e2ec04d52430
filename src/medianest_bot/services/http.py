"""The one road to every neighbour that speaks HTTP.

A call has a deadline, is repeated only where that is safe, goes through the
neighbour's breaker, and ends in an `Answer` or one of the four service errors.
No URL, token, header or body appears in any message or log line.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Generic, TypeVar

import httpx
import structlog
from cashews import Cache as Cashews
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from medianest_bot.services.breaker import Breaker
from medianest_bot.services.errors import Missing, Refused, Unreachable, Unreadable

CALL_S = 10.0
"""All the time one call may take, repeats included."""
READ_S = 4.0
"""The same for a read somebody is waiting for."""
SUGGEST_S = 0.9
"""The same for autocomplete."""
PROBE_S = 3.0
"""The same for a health probe."""

_SAID = 200
_LARGEST = 32 * 1024 * 1024

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a neighbour answered. Header names are lower case."""

    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises Unreadable where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unreadable(self.service, status=self.status) from error

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Unreadable where it is none."""
        value = self.json()
        if not isinstance(value, dict):
            raise Unreadable(self.service, status=self.status)
        return value


def client(
    base_url: str, headers: Mapping[str, str] | None = None
) -> httpx.AsyncClient:
    """A pooled client for one neighbour; whoever asks for it closes it."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        timeout=httpx.Timeout(CALL_S, connect=PROBE_S),
        limits=httpx.Limits(max_connections=40, max_keepalive_connections=10),
        follow_redirects=False,
        trust_env=False,
        verify=_trust(),
    )


@cache
def _trust() -> ssl.SSLContext:
    """Shared, because reading the certificates takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class _Again(Exception):
    """This try failed in a way that may pass; `after_s` is the neighbour's wish."""

    def __init__(self, error: Unreachable, after_s: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.after_s = after_s


class Http:
    """Calls to one neighbour. `wait` and `clock` are parameters for tests."""

    def __init__(
        self,
        service: str,
        client: httpx.AsyncClient,
        *,
        breaker: Breaker | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service = service
        self.breaker = breaker or Breaker(clock)
        self._client = client
        self._wait = wait
        self._clock = clock

    async def aclose(self) -> None:
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

        Raises Unreachable, Refused or Missing. A 2xx of any kind is an Answer.
        """
        if not self.breaker.enter():
            raise Unreachable(self.service, since=self.breaker.since)
        request = self._client.build_request(
            method, path, params=params, headers=headers, json=json
        )
        try:
            answer = await self._within(within_s, request, repeatable=repeatable)
        except Unreachable as error:
            self.breaker.record(ok=False)
            error.since = self.breaker.since
            raise
        except BaseException:
            self.breaker.release()
            raise
        is_answer = answer.status < 500 or answer.status in answers
        self.breaker.record(ok=is_answer)
        return self._judge(answer, answers)

    async def probe(self, path: str) -> float:
        """Ask whether it is up, past the breaker; return the milliseconds it took."""
        request = self._client.build_request("GET", path)
        started = self._clock()
        try:
            answer = await self._within(PROBE_S, request, repeatable=False)
            self._judge(answer, ())
        except Unreachable:
            self.breaker.probed(ok=False)
            raise
        except (Refused, Missing):
            self.breaker.probed(ok=True)
            raise
        self.breaker.probed(ok=True)
        return (self._clock() - started) * 1000

    async def _within(
        self, within_s: float, request: httpx.Request, *, repeatable: bool
    ) -> Answer:
        ends = self._clock() + within_s
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(3 if repeatable else 1),
            wait=_wait_as_told,
            sleep=self._wait,
            before_sleep=_give_up_past(ends, self._clock),
            reraise=True,
        )
        try:
            async with asyncio.timeout(within_s):
                return await tries(self._once, request, repeatable=repeatable)
        except _Again as again:
            raise again.error from again.__cause__
        except TimeoutError as error:
            raise Unreachable(self.service) from error

    async def _once(self, request: httpx.Request, *, repeatable: bool) -> Answer:
        started = self._clock()
        try:
            answer = await self._read(request)
        except httpx.HTTPError as error:
            self._note(request, type(error).__name__, started)
            raise _Again(Unreachable(self.service)) from error
        self._note(request, answer.status, started)
        if repeatable and answer.status in (429, 502, 503, 504):
            trouble = Unreachable(self.service, status=answer.status)
            raise _Again(trouble, _retry_after(answer.headers.get("retry-after")))
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
            raise Missing(self.service, status=status, said=_said(answer.body))
        if 300 <= status < 500 and status != 429:
            raise Refused(self.service, status=status, said=_said(answer.body))
        raise Unreachable(
            self.service,
            status=status,
            said=_said(answer.body),
            since=self.breaker.since,
        )

    def _note(self, request: httpx.Request, ended: object, started: float) -> None:
        took_ms = round((self._clock() - started) * 1000, 1)
        log.debug(
            "call", to=self.service, method=request.method, ended=ended, ms=took_ms
        )


def _wait_as_told(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.after_s is not None:
        return error.after_s
    return wait_exponential_jitter(multiplier=0.1, max=2, jitter=0.1)(state)


def _give_up_past(
    ends: float, clock: Callable[[], float]
) -> Callable[[RetryCallState], None]:
    """No sleeping past the deadline: say at once that it did not answer."""

    def check(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None and clock() + state.upcoming_sleep >= ends:
            raise error

    return check


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None


def _said(body: bytes) -> str:
    """The neighbour's own message, from any of the shapes they use."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict):
        return ""
    text = value.get("message") or value.get("error") or ""
    return text[:_SAID] if isinstance(text, str) else ""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A value and when it was read; `is_stale` says the neighbour is not answering."""

    value: T
    at: datetime
    is_stale: bool = False


class Cache:
    """The last good answers of one neighbour, each with its age.

    Fresh ones are served at once; where the neighbour does not answer, the last
    good one is (for a day). Identical reads in flight are shared.
    """

    _KEPT_S = 24 * 3600

    def __init__(
        self, url: str = "mem://?size=1000", now: Callable[[], datetime] | None = None
    ) -> None:
        self._cashews = Cashews()
        self._cashews.setup(url)
        self._now = now or (lambda: datetime.now(UTC))
        self._reading: dict[str, asyncio.Task[Any]] = {}

    async def read(
        self, key: str, fetch: Callable[[], Awaitable[T]], *, fresh_s: float
    ) -> Kept[T]:
        """The value under `key`, fetched when older than `fresh_s`.

        Raises what `fetch` raises where nothing was kept.
        """
        kept: Kept[T] | None = await self._cashews.get(key)
        if kept and (self._now() - kept.at).total_seconds() <= fresh_s:
            return kept
        try:
            return await self._shared(key, fetch)
        except Unreachable:
            if kept is None:
                raise
            return Kept(kept.value, kept.at, is_stale=True)

    async def peek(self, key: str) -> Kept[Any] | None:
        """What is kept under `key`, however old; asks nobody."""
        value: Kept[Any] | None = await self._cashews.get(key)
        return value

    async def forget(self, key: str) -> None:
        await self._cashews.delete(key)

    async def aclose(self) -> None:
        for task in list(self._reading.values()):
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        await self._cashews.close()

    async def _shared(self, key: str, fetch: Callable[[], Awaitable[T]]) -> Kept[T]:
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(key, fetch))
            self._reading[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # One impatient reader must not cancel the read the others wait for.
        kept: Kept[T] = await asyncio.shield(task)
        return kept

    async def _fetch(self, key: str, fetch: Callable[[], Awaitable[T]]) -> Kept[T]:
        kept = Kept(await fetch(), self._now())
        await self._cashews.set(key, kept, expire=self._KEPT_S)
        return kept

    def _finished(self, key: str, task: asyncio.Task[Any]) -> None:
        self._reading.pop(key, None)
        if not task.cancelled():
            task.exception()  # every reader saw it; nobody else needs the warning
