"""What people ask for, from the first press until it can be watched."""

from __future__ import annotations


class Requests:
    """What people ask for, from the first press until it can be watched."""
