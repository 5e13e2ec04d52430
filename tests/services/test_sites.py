from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medianest_bot.services import sites
from medianest_bot.services.sites import NotAllowed, Reason, SiteRule

RULES = sites.parse("youtube, http://127.0.0.1:8080/, https://feeds.example.org/ours/")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abc"),
        ("http://YouTube.com/watch?v=abc#t=9", "http://youtube.com/watch?v=abc"),
        ("  https://youtu.be/abc ", "https://youtu.be/abc"),
        ("https://m.youtube.com:443/x", "https://m.youtube.com:443/x"),
        ("https://music.youtube.com./x", "https://music.youtube.com./x"),
        ("https://www.youtube-nocookie.com/embed/abc",) * 2,
        ("http://127.0.0.1:8080/feed.xml", "http://127.0.0.1:8080/feed.xml"),
        ("https://feeds.example.org:443/ours/a.xml",) * 2,
    ],
)
def test_allowed_addresses_come_back_clean(url: str, clean: str) -> None:
    assert sites.check(url, RULES) == clean


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", Reason.SCHEME),
        ("dune", Reason.SCHEME),
        ("file:///etc/passwd", Reason.SCHEME),
        ("ftp://youtube.com/x", Reason.SCHEME),
        ("--exec=reboot", Reason.SCHEME),
        ("ytsearch5:dune", Reason.SCHEME),
        ("https://", Reason.MALFORMED),
        ("https://[::1/x", Reason.MALFORMED),
        ("https://youtube.com:99999/x", Reason.MALFORMED),
        ("https://me:secret@youtube.com/x", Reason.CREDENTIALS),
        ("https://youtube.com@evil.example/x", Reason.CREDENTIALS),
        ("https://youtube.com/\r\nHost: x", Reason.CHARACTERS),
        ("https://youtube.com\\@evil.example/", Reason.CHARACTERS),
        ("https://youtube.com/\u202egpj.exe", Reason.CHARACTERS),
        ("https://youtu.be/x#__youtubedl_smuggle={}", Reason.SMUGGLED),
        ("https://youtu.be/x#%5F_youtubedl_smuggle=%7B%7D", Reason.SMUGGLED),
        ("https://youtu.be/" + "x" * 2000, Reason.TOO_LONG),
        ("http://localhost/x", Reason.PRIVATE),
        ("http://nas/x", Reason.PRIVATE),
        ("http://nas.local/x", Reason.PRIVATE),
        ("http://127.0.0.1:8081/feed.xml", Reason.PRIVATE),
        ("https://127.0.0.1:8080/feed.xml", Reason.PRIVATE),
        ("http://2130706433/x", Reason.PRIVATE),
        ("http://0x7f.1/x", Reason.PRIVATE),
        ("http://[::ffff:127.0.0.1]/x", Reason.PRIVATE),
        ("http://[64:ff9b::7f00:1]/x", Reason.PRIVATE),
        ("http://[2002:7f00:1::]/x", Reason.PRIVATE),
        ("http://[fe80::1%25eth0]/x", Reason.PRIVATE),
        ("http://169.254.169.254/latest/meta-data", Reason.PRIVATE),
        ("https://example.org/x", Reason.UNKNOWN_SITE),
        ("https://notyoutube.com/x", Reason.UNKNOWN_SITE),
        ("https://youtube.com.evil.example/x", Reason.UNKNOWN_SITE),
        ("https://youtube.com:8443/x", Reason.UNKNOWN_SITE),
        ("https://feeds.example.org/theirs/a.xml", Reason.UNKNOWN_SITE),
        ("https://feeds.example.org/ours/../theirs/a.xml", Reason.UNKNOWN_SITE),
        ("https://feeds.example.org/ours/%2e%2e/a.xml", Reason.UNKNOWN_SITE),
        ("http://8.8.8.8/x", Reason.UNKNOWN_SITE),
    ],
)
def test_everything_else_is_refused_with_its_reason(url: str, reason: Reason) -> None:
    with pytest.raises(NotAllowed) as refused:
        sites.check(url, RULES)
    assert refused.value.reason == reason


def test_without_rules_nothing_is_allowed() -> None:
    with pytest.raises(NotAllowed):
        sites.check("https://youtu.be/abc", ())


def test_the_setting_names_known_sites_and_prefixes() -> None:
    assert sites.parse("Vimeo,,http://127.0.0.1:8080") == (
        SiteRule(
            "vimeo",
            hosts=("vimeo.com", "www.vimeo.com", "player.vimeo.com"),
            extractors=("vimeo.*",),
        ),
        SiteRule(
            "127.0.0.1:8080",
            extractors=("generic",),
            prefix="http://127.0.0.1:8080/",
        ),
    )


def test_all_wrong_entries_of_the_setting_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"\['generic', 'http://x/y'\]"):
        sites.parse("youtube,generic,http://x/y")


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_text_is_allowed_or_refused_and_nothing_else(text: str) -> None:
    for url in (text, f"https://{text}", f"https://youtube.com/{text}"):
        try:
            clean = sites.check(url, RULES)
        except NotAllowed:
            continue
        assert sites.check(clean, RULES) == clean
