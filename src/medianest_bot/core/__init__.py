"""What the bot is: decides, remembers, waits, tells. Knows no chat and no HTTP."""
