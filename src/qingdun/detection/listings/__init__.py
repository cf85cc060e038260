from qingdun.detection.listings.alerts import ALERTS
from qingdun.detection.listings.attacks import ATTACKS
from qingdun.detection.listings.suppressions import SUPPRESSIONS

__all__ = ["ALERTS", "ATTACKS", "SUPPRESSIONS"]
