"""How Discord says no."""

from __future__ import annotations

from typing import Any

Raw = dict[str, Any]
"""One object of the API, as JSON has it."""

WORDS = {
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10013: "Unknown User",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    40060: "Interaction has already been acknowledged.",
    40094: "This interaction has hit the maximum number of follow up messages.",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
}
STATUS = {
    40060: 400,
    40094: 400,
    50001: 403,
    50005: 403,
    50006: 400,
    50007: 403,
    50013: 403,
    50027: 401,
    50035: 400,
}


class Refused(Exception):
    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        more: Raw | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = headers or {}
        self.body: Raw = {"message": message, "code": code} | (more or {})


def no(code: int) -> Refused:
    """The refusal that Discord gives a number of its own."""
    return Refused(STATUS.get(code, 404), code, WORDS[code])


def too_fast(
    retry_after_s: float, *, is_global: bool = False, via: bool = True
) -> Refused:
    """Without `via` it looks like the wall in front of Discord, not like Discord."""
    headers = {"Retry-After": str(max(1, round(retry_after_s)))}
    headers["X-RateLimit-Scope"] = "global" if is_global else "user"
    if via:
        headers["Via"] = "1.1 google"
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    said: Raw = {"retry_after": retry_after_s, "global": is_global}
    words = "You are being rate limited."
    return Refused(429, 0, words, more=said, headers=headers)


def bad_number(key: str, value: object) -> Refused:
    words = f'Value "{value}" is not snowflake.'
    wrong = {key: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": words}]}}
    return Refused(400, 50035, WORDS[50035], more={"errors": wrong})


class Wrong:
    """What is wrong with a body, gathered as the tree that Discord sends."""

    def __init__(self) -> None:
        self.tree: Raw = {}

    def add(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        place = self.tree
        for step in path:
            place = place.setdefault(str(step), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def length(
        self, path: tuple[str | int, ...], value: Any, least: int, most: int
    ) -> None:
        """Refuse texts and lists that are too short or too long; None is fine."""
        if value is None or least <= len(value) <= most:
            return
        if least:
            words = f"Must be between {least} and {most} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", words)
            return
        words = f"Must be {most} or fewer in length."
        self.add(path, "BASE_TYPE_MAX_LENGTH", words)

    def required(self, path: tuple[str | int, ...], value: Any) -> bool:
        if value is None:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        return value is not None

    def done(self) -> None:
        if self.tree:
            raise Refused(400, 50035, WORDS[50035], more={"errors": self.tree})
