"""The sign of a tone, for chats that show pictures among their letters."""

from __future__ import annotations

from medianest_bot.core.reply import Tone

SIGNS = {
    Tone.PLAIN: "",
    Tone.GOOD: "✅",
    Tone.BUSY: "⏳",
    Tone.WARN: "⚠️",
    Tone.BAD: "❌",
}
