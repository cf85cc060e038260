from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qingdun.detection.intelligence import uploads
from qingdun.detection.models import Feed, Indicator
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW, CHANGE = "detection.view", "detection.intelligence"
FEED = {"name": "新情报源", "shape": "addresses", "every": "0", "on": "on"}
VALUES = {"values": "203.0.113.77", "category": "c2", "weight": "80", "days": "90"}


def feed(scene: Scene, **fields: Any) -> Made:
    return {"pk": Feed.objects.create(name=f"{scene.mark}源", shape="addresses", **fields).pk}


def fetched(scene: Scene) -> Made:
    return feed(scene, address="https://feeds.example/list.txt")


def indicator(scene: Scene, **fields: Any) -> Made:
    told = {"kind": "domain", "value": "evil.example", "category": "c2", "weight": 80, "added": timezone.now()}
    return {"pk": Indicator.objects.create(feed_id=feed(scene)["pk"], note=scene.mark, **told, **fields).pk}


def marked(scene: Scene) -> Made:
    return indicator(scene, marked=True, mark_reason="误报", marked_at=timezone.now())


def listed(scene: Scene) -> Made:
    return {} if indicator(scene) else {}


def previewed(scene: Scene, made: Made) -> Mapping[str, Any]:
    """Kept for no account: whoever may do it hears that the preview is gone, which is an answer too."""
    return {"token": uploads.keep(made["pk"], 0, b"203.0.113.7"), "name": "list.txt"}


ROWS = (
    Row("detection:indicators", "GET", VIEW, listed, root=True, elsewhere=200),
    Row("detection:indicators", "POST", VIEW, data={"act": "columns", "size": "50"}, api="detection_indicators"),
    Row("detection:indicator_new", "GET", CHANGE, root=True),
    Row("detection:indicator_new", "POST", CHANGE, data=VALUES, root=True, api="detection_indicators_add"),
    Row("detection:indicators_stix", "GET", CHANGE, root=True),
    Row("detection:indicator", "GET", VIEW, indicator, root=True, elsewhere=404),
    Row(
        "detection:indicator_mark",
        "POST",
        CHANGE,
        indicator,
        {"reason": "内部测试"},
        root=True,
        elsewhere=404,
        api="detection_indicator_mark",
    ),
    Row(
        "detection:indicator_unmark", "POST", CHANGE, marked, root=True, elsewhere=404, api="detection_indicator_unmark"
    ),
    Row("detection:feeds", "GET", VIEW, lambda scene: {} if feed(scene) else {}, root=True, elsewhere=200),
    Row("detection:feeds", "POST", VIEW, data={"act": "columns", "size": "50"}, api="detection_feeds"),
    Row("detection:feed_new", "GET", CHANGE, root=True),
    Row("detection:feed_new", "POST", CHANGE, data=FEED, root=True, api="detection_feed_create"),
    Row("detection:feed", "GET", VIEW, feed, root=True, elsewhere=404),
    Row("detection:feed_edit", "GET", CHANGE, feed, root=True, elsewhere=404),
    Row("detection:feed_edit", "POST", CHANGE, feed, FEED, root=True, elsewhere=404, api="detection_feed_change"),
    Row("detection:feed_run", "POST", CHANGE, fetched, root=True, elsewhere=404, api="detection_feed_run"),
    Row("detection:feed_upload", "GET", CHANGE, feed, root=True, elsewhere=404),
    Row(
        "detection:feed_upload",
        "POST",
        CHANGE,
        feed,
        lambda _scene, _made: {"file": SimpleUploadedFile("list.txt", b"203.0.113.7")},
        root=True,
        here=200,
        elsewhere=404,
        shows=True,
        api="detection_feed_file",
    ),
    Row(
        "detection:feed_accept",
        "POST",
        CHANGE,
        feed,
        previewed,
        root=True,
        elsewhere=404,
        here=302,
        api="detection_feed_file",
    ),
    Row("detection_indicators", "GET", VIEW, listed, root=True, elsewhere=200),
    Row("detection_indicators_add", "POST", CHANGE, data={"values": ["203.0.113.77"]}, root=True, here=201),
    Row("detection_indicators_stix", "GET", CHANGE, root=True),
    Row("detection_indicator", "GET", VIEW, indicator, root=True, elsewhere=404),
    Row("detection_indicator_mark", "POST", CHANGE, indicator, {"reason": "内部测试"}, root=True, elsewhere=404),
    Row("detection_indicator_unmark", "POST", CHANGE, marked, root=True, elsewhere=404),
    Row("detection_feeds", "GET", VIEW, lambda scene: {} if feed(scene) else {}, root=True, elsewhere=200),
    Row("detection_feed_create", "POST", CHANGE, data={"name": "甲", "shape": "stix"}, root=True, here=201),
    Row("detection_feed", "GET", VIEW, feed, root=True, elsewhere=404),
    Row("detection_feed_change", "PATCH", CHANGE, feed, {"weight": 70}, root=True, elsewhere=404),
    Row("detection_feed_run", "POST", CHANGE, fetched, root=True, elsewhere=404, here=202),
    Row(
        "detection_feed_file",
        "POST",
        CHANGE,
        feed,
        {"name": "a.txt", "content": "203.0.113.7"},
        root=True,
        elsewhere=404,
    ),
)
