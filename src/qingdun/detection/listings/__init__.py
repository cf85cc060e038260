from qingdun.detection.listings.alerts import ALERTS
from qingdun.detection.listings.suppressions import SUPPRESSIONS

__all__ = ["ALERTS", "SUPPRESSIONS"]
