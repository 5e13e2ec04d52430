"""Replies of any kind, with all that is hard to show."""

from __future__ import annotations

from hypothesis import strategies as st

from medianest_bot.core.reply import (
    Choice,
    Field,
    File,
    Item,
    Link,
    Menu,
    Option,
    Picture,
    Progress,
    Reply,
    Tone,
)

POSTER = Picture("Dune", "https://image.tmdb.org/t/p/w500/p1.jpg")
AT_HOME = Picture("Dune", "plex:/library/metadata/1/thumb/2")
DRAWN = Picture("The last day", data=b"png")

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "<>&;\"'/@*_~`|#-[]()\\:\x00\r\n\u202e\u200f\u200d\ufe0f\u2028\ud800"
        ),
        st.sampled_from("沙丘é👨👩👧🏽🇩🇪\u0301\u05d0 ·"),
    ),
    max_size=40,
)
TEXT = st.one_of(
    NASTY,
    st.builds(lambda text, times: text * times, NASTY, st.integers(0, 300)),
)
URL = st.one_of(
    NASTY,
    st.sampled_from(
        (
            "https://app.plex.tv/x",
            "http://10.0.0.2:32400/a",
            "http://nas/x",
            "ftp://a.b/c",
            "https://[",
            POSTER.source,
        )
    ),
)
CHOICE = st.builds(
    Choice,
    NASTY,
    NASTY,
    st.sampled_from(Tone),
    st.one_of(st.none(), NASTY),
)
PICTURE = st.one_of(
    st.none(),
    st.builds(Picture, NASTY, st.one_of(URL, st.just(AT_HOME.source))),
    st.just(DRAWN),
)
REPLY = st.builds(
    Reply,
    title=TEXT,
    text=TEXT,
    fields=st.lists(st.builds(Field, NASTY, TEXT), max_size=4).map(tuple),
    items=st.lists(
        st.builds(
            Item,
            TEXT,
            TEXT,
            PICTURE,
            st.lists(CHOICE, max_size=3).map(tuple),
        ),
        max_size=20,
    ).map(tuple),
    picture=PICTURE,
    files=st.lists(st.builds(File, NASTY, st.binary(max_size=3)), max_size=2).map(
        tuple
    ),
    progress=st.one_of(
        st.none(),
        st.builds(Progress, st.one_of(st.none(), st.floats()), NASTY),
    ),
    choices=st.lists(CHOICE, max_size=5).map(tuple),
    menus=st.lists(
        st.builds(
            Menu,
            NASTY,
            st.lists(
                st.builds(Option, NASTY, NASTY, NASTY, st.booleans()), max_size=30
            ).map(tuple),
            NASTY,
        ),
        max_size=2,
    ).map(tuple),
    links=st.lists(st.builds(Link, NASTY, URL), max_size=3).map(tuple),
    copy=TEXT,
    tone=st.sampled_from(Tone),
    only=st.booleans(),
)
