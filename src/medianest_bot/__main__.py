"""`python -m medianest_bot` is the same as `medianest-bot`."""

from __future__ import annotations

from medianest_bot.cli import main

if __name__ == "__main__":
    main()
