"""A browser in a few words from its User-Agent, for its owner's eyes: what it says of itself decides nothing."""

import re
from typing import Final

LONGEST: Final = 60
_SIGN: Final = r"{}/(\d+)"
# The first that fits: most say that they are others as well.
_BROWSERS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("WeChat", _SIGN.format("MicroMessenger")),
        ("QQ", _SIGN.format(r"M?QQBrowser")),
        ("UC", _SIGN.format("UC?Browser")),
        ("Huawei", _SIGN.format("HuaweiBrowser")),
        ("MIUI", _SIGN.format("MiuiBrowser")),
        ("Samsung Internet", _SIGN.format("SamsungBrowser")),
        ("Edge", _SIGN.format("(?:Edge?|EdgA|EdgiOS)")),
        ("Opera", _SIGN.format("OPR")),
        ("Firefox", _SIGN.format("(?:Firefox|FxiOS)")),
        ("Chrome", _SIGN.format("(?:HeadlessChrome|Chrome|CriOS)")),
        ("Safari", r"Version/(\d+).* Safari/"),
        ("Internet Explorer", r"Trident/.*rv:(\d+)"),
    )
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("HarmonyOS", "OpenHarmony"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """`Chrome 126, Windows`; what is not known as it stands, cut to 60 printable characters; empty without a word."""
    browser = next((f"{name} {found[1]}" for name, sign in _BROWSERS if (found := sign.search(user_agent))), None)
    system = next((name for name, sign in _SYSTEMS if sign in user_agent), None)
    if browser is None:
        return "".join(sign for sign in user_agent if sign.isprintable())[:LONGEST].strip()
    return ", ".join(filter(None, (browser, system)))[:LONGEST]
