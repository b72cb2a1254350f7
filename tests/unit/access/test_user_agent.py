"""A browser in a few words: its own name and system, never the whole of what it says."""

import pytest

from libs.access.user_agent import LONGEST, browser_of

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
KIT = "AppleWebKit/537.36 (KHTML, like Gecko) "
ANDROID = "Mozilla/5.0 (Linux; Android 13; PAL-AL00 Build/HUAWEI) "


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (WINDOWS + KIT + "Chrome/126.0.0.0 Safari/537.36", "Chrome 126, Windows"),
        (WINDOWS + KIT + "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.81", "Edge 126, Windows"),
        (WINDOWS + KIT + "Chrome/94.0 Core/1.94 Safari/537.36 QQBrowser/12.5", "QQ 12, Windows"),
        (WINDOWS.replace(") ", "; rv:128.0) ") + "Gecko/20100101 Firefox/128.0", "Firefox 128, Windows"),
        (WINDOWS.replace(") ", "; Trident/7.0; rv:11.0) ") + "like Gecko", "Internet Explorer 11, Windows"),
        (ANDROID + KIT + "Version/4.0 Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0.47", "WeChat 8, Android"),
        (ANDROID + KIT + "Chrome/114 HuaweiBrowser/15.0 Mobile Safari/537.36", "Huawei 15, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) "
         "Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0", "Firefox 115, Linux"),
        ("Chrome/1", "Chrome 1"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_told_by_name_version_and_system(said: str, shown: str) -> None:
    assert browser_of(said) == shown


def test_what_is_not_known_is_cut_and_printable() -> None:
    shown = browser_of("x\u202e\x1b[31m" + "<b>" * 100)
    assert (len(shown), shown.isprintable(), shown[:8]) == (LONGEST, True, "x[31m<b>")
