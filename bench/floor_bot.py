"""The least a Telegram bot can do: one pooled client, no records, no limits.

What ours is compared with. Answers `/search WORDS` with what Seerr finds, and a
press for a series with an edit of its card: one question to Seerr each. Every
update at once (`concurrent_updates(256)`).

    python -m bench.floor_bot API_URL TOKEN SEERR_URL SEERR_KEY
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
)

Context = ContextTypes.DEFAULT_TYPE


class Floor:
    def __init__(self, seerr: str, key: str) -> None:
        headers = {"X-Api-Key": key}
        self._client = httpx.AsyncClient(base_url=f"{seerr}/api/v1", headers=headers)

    async def search(self, update: Update, context: Context) -> None:
        assert update.message is not None
        asked = {"query": " ".join(context.args or ()), "page": "1"}
        answer = await self._client.get("/search", params=asked)
        results: list[dict[str, Any]] = answer.json()["results"]
        names = [str(one.get("title") or one.get("name")) for one in results[:10]]
        text = "\n".join(f"<b>{name}</b>" for name in names)
        rows = [[InlineKeyboardButton(name, callback_data=name)] for name in names]
        await update.message.reply_html(text, reply_markup=InlineKeyboardMarkup(rows))

    async def press(self, update: Update, _context: Context) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer()
        number = str(query.data).split()[1].partition(":")[2]
        told = (await self._client.get(f"/tv/{number}")).json()
        seasons = [f"Season {one['seasonNumber']}" for one in told["seasons"]]
        rows = [[InlineKeyboardButton(name, callback_data=name)] for name in seasons]
        await query.edit_message_text(
            f"<b>{told['name']}</b>\n{told['overview']}",
            parse_mode="HTML",
            reply_markup=InlineKeyboardMarkup(rows),
        )


async def main(api: str, token: str, seerr: str, key: str) -> None:
    floor = Floor(seerr, key)
    builder = ApplicationBuilder().token(token).base_url(f"{api}/bot")
    app = builder.concurrent_updates(256).build()
    app.add_handler(CommandHandler("search", floor.search))
    app.add_handler(CallbackQueryHandler(floor.press))
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling()
        # Ends with the process that started it: its end of our input closes.
        await asyncio.to_thread(sys.stdin.read)
        await app.updater.stop()
        await app.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
