"""A household in a box: stand-ins that speak the real wire formats on loopback.

Another house: imports nothing of the bot, so that it can judge the bot.
"""
