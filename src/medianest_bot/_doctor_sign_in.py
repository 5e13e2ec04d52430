"""Says how people of this household sign in, and what that lacks."""

from __future__ import annotations

from urllib.parse import urlsplit

from medianest_bot._doctor_findings import Finding, good, note
from medianest_bot.settings import Settings

SIGN_IN = "Sign-in"


async def sign_in(settings: Settings) -> tuple[Finding, ...]:
    """What `link` leads to; nothing where there is no Plex to sign in to."""
    if settings.plex_url is None:
        return ()
    if settings.public_url is None:
        said = "people type a code at plex.tv/link, and an admin always has to approve"
        return (note(SIGN_IN, said, "For a page of the bot's own, set PUBLIC_URL."),)
    if urlsplit(settings.public_url).scheme != "https":
        mend = "Put a proxy with a certificate in front (docs/run.md tells how)."
        return (note(SIGN_IN, f"{settings.public_url} can be read on its way", mend),)
    return (good(SIGN_IN, f"the page is at {settings.public_url}"),)
