"""What this room stores: attacks as counted, alerts as worked on, rules as switched, what suppresses which alert,
and what is known to be bad."""

from qingdun.detection.models.alerts import Alert, AlertNote
from qingdun.detection.models.attacks import Attack
from qingdun.detection.models.intelligence import Edition, Feed, FeedRun, Indicator
from qingdun.detection.models.rules import RuleState, RuleSwitch
from qingdun.detection.models.suppressions import Suppression

__all__ = [
    "Alert",
    "AlertNote",
    "Attack",
    "Edition",
    "Feed",
    "FeedRun",
    "Indicator",
    "RuleState",
    "RuleSwitch",
    "Suppression",
]
