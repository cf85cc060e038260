"""What this room stores: attacks as counted, alerts as worked on, rules as switched, what suppresses which alert."""

from qingdun.detection.models.alerts import Alert, AlertNote
from qingdun.detection.models.attacks import Attack
from qingdun.detection.models.rules import RuleState, RuleSwitch
from qingdun.detection.models.suppressions import Suppression

__all__ = ["Alert", "AlertNote", "Attack", "RuleState", "RuleSwitch", "Suppression"]
