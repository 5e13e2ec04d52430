"""What the tests of the core may ask for."""

from __future__ import annotations

from tests.core.gate import gate

__all__ = ["gate"]
