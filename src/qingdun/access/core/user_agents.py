"""What a browser says it is, in two words a person recognises. Pure."""

from __future__ import annotations

#: In this order: each names itself beside those it descends from.
BROWSERS = {
    "MicroMessenger": "微信",
    "360": "360",
    "QQBrowser": "QQ",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "HarmonyOS": "HarmonyOS",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Kylin": "麒麟",
    "UOS": "统信 UOS",
    "Linux": "Linux",
}


def named(agent: str) -> str:
    """`Chrome · Windows`; what is not recognised as its first forty characters, empty for nothing."""
    browser = next((name for sign, name in BROWSERS.items() if sign in agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in agent), "")
    return " · ".join(filter(None, (browser, system))) or agent[:40]
