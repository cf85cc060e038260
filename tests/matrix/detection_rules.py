"""检测规则 and 规则试验: who sees, who switches, who tries."""

from __future__ import annotations

from django.utils import timezone

from qingdun.detection import book
from qingdun.detection.models import RuleSwitch
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW, TUNE = "detection.view", "detection.tune"
OFF = {"act": "off", "reason": "误报太多"}
TEXT = "title: 甲\nid: matrix-rule\nlogsource: {product: linux}\ndetection: {s: {a: x}, condition: s}\n"
LINE = {"lines": "<86>Jul 12 08:58:21 web01 sshd[3310]: Failed password for root from 198.51.100.120 port 16220 ssh2"}
SAVE = {"text": TEXT, "reason": "试", "act": "save"}


def rule(_scene: Scene) -> Made:
    return {"rule": next(iter(book.book().values())).id}


def awake(scene: Scene) -> Made:
    """A rule that nobody has switched off."""
    made = rule(scene)
    RuleSwitch.objects.filter(rule=made["rule"], ended=None).update(ended=timezone.now(), ended_why="试")
    return made


def clean(scene: Scene) -> Made:
    """The rule that a visitor adds is gone afterwards."""

    def remove() -> None:
        for file in book.city().glob("web-*.yml"):
            file.unlink()

    remove()
    scene.keep.callback(remove)
    return {}


ROWS = (
    Row("detection:rules", "GET", VIEW),
    Row("detection:rule", "GET", VIEW, rule, elsewhere=200, shows=False),
    Row("detection:rule_new", "GET", TUNE, root=True),
    Row("detection:rule_new", "POST", TUNE, clean, SAVE, root=True, api="detection_rule_save"),
    Row("detection:rule_change", "POST", TUNE, awake, OFF, root=True, api="detection_rule_change"),
    Row("detection:bench", "GET", VIEW),
    Row("detection:bench", "POST", VIEW, data=LINE, here=200, elsewhere=200, api="detection_bench"),
    Row("detection_rules", "GET", VIEW),
    Row("detection_rule", "GET", VIEW, rule, elsewhere=200, shows=False),
    Row("detection_rule_save", "POST", TUNE, clean, {"text": TEXT, "reason": "试"}, root=True, here=201),
    Row("detection_rule_change", "POST", TUNE, awake, OFF, root=True, here=204),
    Row("detection_bench", "POST", VIEW, data=LINE, here=200, elsewhere=200),
)
