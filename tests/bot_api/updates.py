"""The queue of updates: handed out by getUpdates or brought to a webhook."""

from __future__ import annotations

import asyncio
import copy
import itertools
import re
from collections.abc import Callable
from typing import Any

import aiohttp
from tests.bot_api.refused import Raw, Refused, bad

TWO_POLLERS = (
    "terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_IS_SET = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
ONLY_WHEN_ASKED = ("chat_member", "message_reaction", "message_reaction_count")
LONGEST_POLL_S = 50


class Updates:
    """`retry_s` is how long a webhook that failed is left alone."""

    def __init__(self, now: Callable[[], float], retry_s: float = 0.05) -> None:
        self.pending: dict[int, Raw] = {}
        self.retry_s = retry_s
        self.confirmed: set[int] = set()
        self._now = now
        self._ids = itertools.count(700_000_001)
        self._allowed: list[str] = []
        self._new = asyncio.Event()
        self._poll: asyncio.Future[str] | None = None
        self._webhook: Raw = {}
        self._trouble: Raw = {}
        self._bringing: asyncio.Task[None] | None = None
        self.webhook_goes_to: str | None = None
        self.changed: Callable[[], None] = lambda: None

    def put(self, update: Raw) -> Raw:
        """Add an update; its number is given where it has none."""
        told = copy.deepcopy(update)
        if "update_id" not in told:
            told = {"update_id": next(self._ids)} | told
        kind = next((key for key in told if key != "update_id"), "")
        wanted = kind in self._allowed if self._allowed else kind not in ONLY_WHEN_ASKED
        if wanted:
            self.pending[told["update_id"]] = told
            self._new.set()
        return told

    async def get(self, params: Raw) -> list[Raw]:
        if self._webhook:
            raise Refused(409, WEBHOOK_IS_SET)
        self.end_poll(TWO_POLLERS)
        self.allow(params)
        self._confirm(_number(params.get("offset"), 0))
        limit = min(max(_number(params.get("limit"), 100), 1), 100)
        patience = min(max(_number(params.get("timeout"), 0), 0), LONGEST_POLL_S)
        if not self.pending and patience:
            await self._wait(patience)
        return [self.pending[key] for key in sorted(self.pending)[:limit]]

    async def _wait(self, patience: float) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._poll = mine
        self._new.clear()
        new = asyncio.create_task(self._new.wait())
        try:
            self.changed()
            await asyncio.wait(
                {mine, new}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            if mine.done():
                raise Refused(409, mine.result())
        finally:
            new.cancel()
            if self._poll is mine:
                self._poll = None

    @property
    def is_polled(self) -> bool:
        """True while somebody waits in a long poll."""
        return self._poll is not None

    def end_poll(self, why: str) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(why)

    def _confirm(self, offset: int) -> None:
        ids = sorted(self.pending)
        gone = [one for one in ids if one < offset] if offset > 0 else []
        if offset < 0:
            gone = ids[:offset]
        for one in gone:
            self.confirmed.add(one)
            del self.pending[one]
        if gone:
            self.changed()

    def allow(self, params: Raw) -> None:
        if (wanted := params.get("allowed_updates")) is not None:
            self._allowed = list(wanted)

    async def set_webhook(self, params: Raw) -> bool:
        url = str(params.get("url") or "")
        if not url:
            return await self.delete_webhook(params)
        # Plain HTTP only to this machine, as from a Bot API server of one's own.
        if not re.match(r"https://[^/\s]+|http://(127\.0\.0\.1|localhost)[:/]", url):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        secret = params.get("secret_token")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("bad webhook: secret token contains unallowed characters")
        self.end_poll("terminated by setWebhook request")
        self.allow(params)
        if params.get("drop_pending_updates"):
            self.pending.clear()
        await self.stop()
        self._trouble = {}
        self._webhook = dict(params)
        self._bringing = asyncio.create_task(self._bring())
        return True

    async def delete_webhook(self, params: Raw) -> bool:
        if params.get("drop_pending_updates"):
            self.pending.clear()
        await self.stop()
        self._webhook, self._trouble = {}, {}
        return True

    def webhook_info(self) -> Raw:
        said: Raw = {
            "url": self._webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if self._webhook:
            said["max_connections"] = self._webhook.get("max_connections", 40)
        if self._allowed:
            said["allowed_updates"] = self._allowed
        return said | self._trouble

    async def _bring(self) -> None:
        """One after the other; what was not taken is brought again."""
        async with aiohttp.ClientSession() as client:
            while True:
                self._new.clear()
                taken = [await self._one(client, key) for key in sorted(self.pending)]
                if not all(taken):
                    await asyncio.sleep(self.retry_s)
                elif not self.pending:
                    await self._new.wait()

    async def _one(self, client: aiohttp.ClientSession, key: int) -> bool:
        secret = self._webhook.get("secret_token")
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        url = self._webhook["url"]
        if self.webhook_goes_to is not None:
            path = re.sub(r"^https?://[^/]+", "", url)
            url = self.webhook_goes_to.rstrip("/") + path
        try:
            async with client.post(
                url,
                json=self.pending[key],
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=60),
            ) as answer:
                wrong = f"{answer.status} {answer.reason}"
                if 200 <= answer.status < 300:
                    self.confirmed.add(key)
                    self.pending.pop(key, None)
                    self.changed()
                    return True
                why = f"Wrong response from the webhook: {wrong}"
        except TimeoutError:
            why = "Read timeout expired"
        except aiohttp.ClientError:
            why = "Connection refused"
        self._trouble = {
            "last_error_date": int(self._now()),
            "last_error_message": why,
        }
        self.changed()
        return False

    async def stop(self) -> None:
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.gather(self._bringing, return_exceptions=True)
            self._bringing = None

    async def aclose(self) -> None:
        self.end_poll("the stand-in is closing")
        await self.stop()


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
