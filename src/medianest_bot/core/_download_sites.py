"""How downloads tell sites and videos apart, and how long a site is left alone."""

from __future__ import annotations

from medianest_bot.core._download_rests import Rests
from medianest_bot.services import sites
from medianest_bot.services.lanes import FailKind, LaneFailed
from medianest_bot.services.sites import SiteRule

RESTS_S = {FailKind.RATE: (300.0, 3600.0), FailKind.BOT: (1800.0, 6 * 3600.0)}
"""First and longest pause of a whole site that does not want to be asked."""


def site_of(url: str, rules: tuple[SiteRule, ...]) -> str:
    """The name of the rule that allows it, empty where none does any more."""
    try:
        return sites.checked(url, rules)[1].name
    except sites.NotAllowed:
        return ""


def rest_of(site: str, failed: LaneFailed, rests: Rests) -> bool:
    """Leave the site alone if that is what the failure means; True if so."""
    if failed.kind not in RESTS_S:
        return False
    first_s, most_s = RESTS_S[failed.kind]
    rests.begin(site, failed.retry_after_s or first_s, most_s)
    return True


def video_key(
    url: str, video_id: str | None, rules: tuple[SiteRule, ...]
) -> str | None:
    """The same for the same video, however often it is linked; ends in its id.

    A feed has no ids of its own: two films on it may both be called trailer.mp4.
    """
    try:
        clean, rule = sites.checked(url, rules)
    except sites.NotAllowed:
        return None
    if not video_id:
        return None
    return f"{clean if rule.prefix else rule.name} {video_id}"


def id_in(key: str) -> str:
    """The id that a video's file carries."""
    return key.partition(" ")[2]
