"""Lines under buttons that only one account may press: "@<account> <line>"."""

from __future__ import annotations

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def owned(line: str, asker: str | None) -> str:
    """`line`, with the account in front whose card it is."""
    account = _base36(int(asker)) if asker else ""
    return f"@{account} {line}" if account or line.startswith("@") else line


def disowned(data: str) -> tuple[str, str | None]:
    """The line and the account that `owned` put together; never fails."""
    head, _space, line = data.partition(" ")
    account = head[1:]
    if not head.startswith("@") or set(account) - set(_DIGITS) or len(account) > 15:
        return data, None
    return line, str(int(account, 36)) if account else None


def _base36(number: int) -> str:
    digits = ""
    while number > 0:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
