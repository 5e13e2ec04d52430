"""The doctor's look at Uptime Kuma, which spends no sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from medianest_bot._doctor_findings import Finding, bad, good, note, trouble
from medianest_bot._doctor_kept import Kept
from medianest_bot._doctor_services import connected
from medianest_bot.services.errors import Missing, Refused, ServiceError, Unreachable
from medianest_bot.services.http import Http
from medianest_bot.services.uptime_kuma import Change, Source, UptimeKuma
from medianest_bot.settings import Settings

KUMA = "Uptime Kuma"
WAY_IN = "Uptime Kuma sign-in"
_NO_WAY = (
    "Set UPTIME_KUMA_USERNAME and UPTIME_KUMA_PASSWORD, or "
    "UPTIME_KUMA_API_KEY, or UPTIME_KUMA_STATUS_PAGE."
)
_ANSWERS_S = 3.0


async def kuma(settings: Settings, kept: Awaitable[Kept]) -> tuple[Finding, ...]:
    url = settings.uptime_kuma_url
    if not url:
        return (note(KUMA, "is not set up (UPTIME_KUMA_URL)"),)
    async with connected("uptime_kuma", url) as (http, _cache):
        try:
            ms = await http.probe("/api/entry-page")
        except ServiceError as error:
            return (trouble(KUMA, error, "UPTIME_KUMA_URL", "UPTIME_KUMA_USERNAME"),)
        ways = await asyncio.gather(
            _sign_in(url, http, settings, await kept),
            _api_key(url, http, settings),
            _status_page(url, http, settings),
        )
    found = tuple(one for one in ways if one is not None)
    if not found:
        found = (bad(KUMA, "no way in is set", _NO_WAY),)
    return good(KUMA, f"answers in {ms:.0f} ms"), *found


async def _sign_in(
    url: str, http: Http, settings: Settings, kept: Kept
) -> Finding | None:
    if kept.kuma_token is not None:
        return await _token(url, http, kept.kuma_token)
    if settings.uptime_kuma_username is None:
        return None
    if not kept.has_run:
        return note(WAY_IN, "is tried at the first start")
    mend = (
        "Start the bot once. If it stays so: is the password right? With two-factor "
        "sign-in, set UPTIME_KUMA_TOTP to the six digits of the moment before."
    )
    return bad(WAY_IN, "has not worked yet", mend)


async def _token(url: str, http: Http, token: str) -> Finding:
    kuma = _client(url, http, token=token)
    running = asyncio.create_task(kuma.run())
    try:
        await asyncio.sleep(0)  # until it has begun
        told = await kuma.snapshot(within_s=2 * _ANSWERS_S)
    except ServiceError as error:
        if isinstance(kuma.trouble, Refused):
            mend = (
                "The password was changed. Set UPTIME_KUMA_USERNAME and "
                "UPTIME_KUMA_PASSWORD (and UPTIME_KUMA_TOTP) and restart the bot."
            )
            return bad(WAY_IN, "the kept sign-in is refused", mend)
        return trouble(WAY_IN, error, "UPTIME_KUMA_URL", "UPTIME_KUMA_USERNAME")
    finally:
        await kuma.aclose()
        await asyncio.gather(running, return_exceptions=True)
    if told.value.source is not Source.SOCKET:
        return note(WAY_IN, "its socket does not answer")
    version, count = told.value.version, len(told.value.monitors)
    return good(WAY_IN, f"is kept; version {version}, {count} monitors")


async def _api_key(url: str, http: Http, settings: Settings) -> Finding | None:
    key = settings.uptime_kuma_api_key
    if key is None:
        return None
    about = "Uptime Kuma API key"
    kuma = _client(url, http, api_key=key.get_secret_value())
    try:
        await kuma.snapshot(within_s=2 * _ANSWERS_S)
    except ServiceError as error:
        return trouble(about, error, "UPTIME_KUMA_URL", "UPTIME_KUMA_API_KEY")
    finally:
        await kuma.aclose()
    return good(about, "works")


async def _status_page(url: str, http: Http, settings: Settings) -> Finding | None:
    slug = settings.uptime_kuma_status_page
    if slug is None:
        return None
    about = "Uptime Kuma status page"
    kuma = _client(url, http, status_page=slug)
    try:
        await kuma.snapshot(within_s=2 * _ANSWERS_S)
    except (Missing, Unreachable):
        # Uptime Kuma 1.23 never answers where it does not know the page.
        mend = (
            "UPTIME_KUMA_STATUS_PAGE is the last part of the page's address; "
            "is that page published?"
        )
        return bad(about, "is not there", mend)
    except ServiceError as error:
        return trouble(about, error, "UPTIME_KUMA_URL", "UPTIME_KUMA_STATUS_PAGE")
    finally:
        await kuma.aclose()
    return good(about, "can be read")


def _client(
    url: str,
    http: Http,
    *,
    token: str | None = None,
    api_key: str | None = None,
    status_page: str | None = None,
) -> UptimeKuma:
    """Never with a user's password, so that no sign-in is spent."""
    return UptimeKuma(
        url,
        http,
        token=token,
        api_key=api_key,
        status_page=status_page,
        keep_token=_forget,
        changed=_ignore,
        patience_s=_ANSWERS_S,
    )


async def _forget(_token: str) -> None:
    """A kept token brings no new one."""


def _ignore(_change: Change) -> None:
    """Nobody waits for news here."""
