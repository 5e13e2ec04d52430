"""Start of a lane: cut the ties to the outside, then work until the input ends.

Commands come as JSON lines on stdin, events leave as JSON lines on a descriptor
of their own; whatever yt-dlp or a program it starts prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from medianest_bot.services.lane import _guard
from medianest_bot.services.lane._wire import Rules, Wire


def main() -> int:
    """Serve one parent. Ends with its input, with an interrupt, or with it."""
    rules = Rules(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _guard.die_with_parent()
    if os.getppid() != rules.parent:
        return 0  # it was gone before we asked to follow it
    os.umask(rules.umask)
    os.dup2(2, 1)
    _guard.watch_connections()
    wire = Wire(rules.events)
    try:
        # yt-dlp comes after the guard, so that nothing of it runs without.
        from medianest_bot.services.lane import _work  # noqa: PLC0415

        _work.serve(rules, wire, sys.stdin.buffer)
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
