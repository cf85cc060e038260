from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import polars as pl
from django.utils import timezone

from qingdun.logs import known
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.models import SavedSearch, Source
from qingdun.logs.search import Key
from tests.logs.views.conftest import _forget
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

SEARCH, EXPORT = "logs.search", "logs.export"
VIEW, MANAGE, FORMATS = "logs.view_sources", "logs.manage_sources", "logs.manage_formats"
ALL = "?last=all"
LINES = "\n".join(f"dev=QFW9 laiyuan=198.51.100.{n} dip=10.20.3.{n} dpt=443 op=jujue lv=3" for n in range(1, 5))
WORKSHOP = {
    "lines": LINES,
    "was": "key=value",
    "body": "key=value",
    "key": "matrix_fw",
    "name": "甲",
    "vendor": "某厂",
    "device": "fw",
    "literals": "dev=QFW9",
    "key-0": "laiyuan",
    "suggested-0": "",
    "tie-0": "source.ip",
    "act": "save",
}
FORMAT = {"key": "matrix_fw"}
SOURCE = {"name": "新来源", "via": "syslog", "address": "198.51.100.9", "format": "", "unit": "", "silent_after": "30"}
OUR_SOURCE = {"name": "新来源", "via": "syslog", "address": "198.51.100.9", "unit": "here"}
TEXT = """name: 甲
vendor: 某厂
device: fw
when: {all: [dev=QFW9]}
body: kv
samples:
  - raw: 'dev=QFW9 src=198.51.100.1 op=x'
    expect: {source.ip: 198.51.100.1}
"""
_versions = count(1_000_000)


def source(scene: Scene, **fields: Any) -> Made:
    given = {"via": "syslog", "address": "198.51.100.1", "registered": True, "unit": scene.here, **fields}
    return {"pk": Source.objects.create(name=f"{scene.mark}来源", **given).pk}


def pushing(scene: Scene) -> Made:
    return source(scene, via="http", address="")


def search_of_mine(scene: Scene) -> Made:
    """A search kept by `scene.me`, who may search."""
    if not scene.me.grants.exists():
        scene.give(scene.me, "operations_engineer", scene.here)
    return {"pk": SavedSearch.objects.create(account=scene.me, name=scene.mark, query="?q=a").pk}


def event(scene: Scene) -> Made:
    """One event of a source of the unit, in the lake; its line carries the mark."""
    scene.keep.callback(_forget)
    _forget()
    now, version = timezone.now(), next(_versions)
    row = {
        "@timestamp": now - timedelta(seconds=1),
        "event.ingested": now,
        "qingdun.batch": f"matrix-{version}",
        "qingdun.row": 0,
        "qingdun.count": 1,
        "qingdun.source": source(scene)["pk"],
        "user.name": scene.mark,
        "error.message": "没有格式",
        "event.original": f"line {scene.mark}",
    }
    Lake().append(pl.DataFrame([row], schema=EVENT), "matrix", version)
    return {"key": str(Key.of(row))}


def events(scene: Scene) -> Made:
    return {} if event(scene) else {}


def site_format(scene: Scene) -> Made:
    def remove() -> None:
        (known.folder() / "matrix_fw.yaml").unlink(missing_ok=True)

    scene.keep.callback(remove)
    known.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    (known.folder() / "matrix_fw.yaml").write_text(TEXT.replace("甲", scene.mark), "utf-8")
    return FORMAT


def new_format(scene: Scene) -> Made:
    return clean(scene) | FORMAT


def clean(scene: Scene) -> Made:
    """Nothing made, and the format that the visitor makes is gone afterwards."""
    scene.keep.callback(lambda: (known.folder() / "matrix_fw.yaml").unlink(missing_ok=True))
    return {}


def of_the_unit(scene: Scene, _made: Made) -> Mapping[str, Any]:
    return SOURCE | {"unit": scene.here.pk}


ROWS = (
    Row("logs:front", here=302),
    Row("logs:search", "GET", SEARCH, events, query=ALL),
    Row("logs:search_over_time", "GET", SEARCH, events, query=ALL, shows=False),
    Row(
        "logs:search_values",
        "GET",
        SEARCH,
        lambda scene: events(scene) | {"field": "user.name"},
        query=ALL,
        elsewhere=200,
    ),
    Row("logs:event", "GET", SEARCH, event),
    Row("logs:search_add", "GET", SEARCH, query="?name=user.name&value=x&op=is", here=302),
    Row("logs:search_export", "POST", EXPORT, events, query=ALL, here=200, shows=True, api="logs_events"),
    Row("logs:search_save", "POST", SEARCH, data={"name": "常用"}, query=ALL, api="logs_search_save logs_search_drop"),
    Row("logs:sources", "GET", VIEW, lambda scene: {} if source(scene) else {}),
    Row("logs:sources", "POST", VIEW, data={"act": "columns", "size": "50"}, api="logs_sources"),
    Row("logs:source_new", "GET", MANAGE),
    Row("logs:source_new", "POST", MANAGE, data=of_the_unit, elsewhere=200, api="logs_source_create"),
    Row("logs:source", "GET", VIEW, source),
    Row("logs:source_edit", "GET", MANAGE, source),
    Row("logs:source_edit", "POST", MANAGE, source, of_the_unit, api="logs_source_change"),
    Row("logs:source_token", "POST", MANAGE, pushing, here=200, api="logs_source_token logs_source_token_forget"),
    Row("logs:unread", "GET", SEARCH, events),
    Row("logs:formats", "GET", VIEW),
    Row("logs:workshop", "GET", FORMATS, root=True),
    Row("logs:workshop", "POST", FORMATS, clean, WORKSHOP, root=True, api="logs_format_save"),
    Row("logs:format", "GET", VIEW, lambda scene: {"key": "apache_error"}, elsewhere=200, shows=False),
    Row("logs:format_remove", "POST", FORMATS, site_format, root=True, api="logs_format_remove"),
    Row("logs_events", "GET", SEARCH, events, query=ALL),
    Row("logs_events", "GET", EXPORT, events, query=f"{ALL}&limit=1000", wrong_role="bureau_leader"),
    Row("logs_event", "GET", SEARCH, event),
    Row("logs_histogram", "GET", SEARCH, events, query=ALL, shows=False),
    Row("logs_stats", "GET", SEARCH, lambda scene: events(scene) | {"field": "user.name"}, query=ALL, elsewhere=200),
    Row("logs_sources", "GET", VIEW, lambda scene: {} if source(scene) else {}),
    Row("logs_source", "GET", VIEW, source),
    Row("logs_source_create", "POST", MANAGE, data=OUR_SOURCE, here=201, elsewhere=422),
    Row("logs_source_change", "PATCH", MANAGE, source, {"silent_after": 30}),
    Row("logs_source_token", "POST", MANAGE, pushing),
    Row("logs_source_token_forget", "DELETE", MANAGE, pushing),
    Row("logs_searches", "GET", SEARCH),
    Row("logs_search_save", "POST", SEARCH, data={"name": "常用", "query": "?q=a"}, here=201),
    Row("logs_search_drop", "DELETE", make=search_of_mine, wrong=403, role="operations_engineer"),
    Row("logs_formats", "GET", VIEW),
    Row("logs_format_save", "POST", FORMATS, new_format, {"text": TEXT}, root=True, here=201),
    Row("logs_format_remove", "DELETE", FORMATS, site_format, root=True),
    Row("logs_format_preview", "POST", FORMATS, lambda scene: FORMAT, {"lines": LINES}, root=True),
)
