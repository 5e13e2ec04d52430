"""Commands are tested through the door: a line in, the whole reply out."""

from __future__ import annotations

from tests.household import demo, say

__all__ = ["demo", "say"]
