"""How every neighbour is, how long it has been so, and how well it did."""

from __future__ import annotations


class Health:
    """How every neighbour is, how long it has been so, and how well it did."""
