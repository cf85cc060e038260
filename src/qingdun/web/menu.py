"""The side navigation: eight fixed sections; each room registers its tabs in its own `menu.py`.

A section is shown only when the reader may open one of its tabs. The tab whose address is the longest beginning of
the request's path is the current one, so a detail page below its list needs no word of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the side navigation. `letter` follows `g` on the keyboard."""

    key: str
    title: Text
    icon: str
    letter: str


SECTIONS = (
    Section("workbench", _("工作台"), "layout-dashboard", "w"),
    Section("assets", _("资产与系统"), "server", "a"),
    Section("risks", _("风险与整改"), "shield-alert", "r"),
    Section("compliance", _("合规测评"), "badge-check", "c"),
    Section("monitoring", _("监测与应急"), "activity", "m"),
    Section("data", _("数据与共享"), "database", "d"),
    Section("reports", _("统计与公文"), "file-text", "s"),
    Section("system", _("系统管理"), "settings", "y"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page inside a section. `permission` None: open to everybody who is signed in."""

    section: str
    title: Text
    url_name: str
    permission: str | None
    order: int = 100

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Entry:
    """A section as one reader sees it: the tabs that are open to this reader, and where a click leads."""

    section: Section
    tabs: tuple[Tab, ...]
    current: Tab | None

    @property
    def url(self) -> str:
        return self.tabs[0].url


_tabs: dict[str, Tab] = {}


def register(*tabs: Tab) -> None:
    """Add pages to the navigation. Raises LookupError for a section that does not exist."""
    for tab in tabs:
        if tab.section not in {section.key for section in SECTIONS}:
            raise LookupError(f"no section {tab.section!r} for {tab.url_name}")
        _tabs[tab.url_name] = tab


def tabs() -> list[Tab]:
    """Every registered tab in the order of the navigation."""
    place = {section.key: number for number, section in enumerate(SECTIONS)}
    return sorted(_tabs.values(), key=lambda tab: (place[tab.section], tab.order, tab.url_name))


def entries(user: Any, path: str) -> list[Entry]:
    """What `user` may open, with the current tab marked for the page at `path`."""
    allowed = [tab for tab in tabs() if tab.permission is None or policy.may(user, tab.permission)]
    current = current_tab(allowed, path)
    return [
        Entry(section, own, current if current in own else None)
        for section in SECTIONS
        if (own := tuple(tab for tab in allowed if tab.section == section.key))
    ]


def current_tab(candidates: list[Tab], path: str) -> Tab | None:
    """The tab whose address begins `path` at greatest length; the start page matches only itself."""
    matching = [tab for tab in candidates if path == tab.url or (tab.url != "/" and path.startswith(tab.url))]
    return max(matching, key=lambda tab: len(tab.url), default=None)


register(
    Tab("workbench", _("工作台"), "web:workbench", None, 0),
    Tab("system", _("后台任务"), "web:jobs", "web.jobs", 80),
    Tab("system", _("消息通道"), "web:channels", "notify.channels", 85),
)
