"""What this room stores: attacks as counted, alerts as worked on."""

from qingdun.detection.models.alerts import Alert, AlertNote
from qingdun.detection.models.attacks import Attack

__all__ = ["Alert", "AlertNote", "Attack"]
