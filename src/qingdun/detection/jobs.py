"""What detection does by the clock; each theme declares its own."""

from qingdun.detection import alert_jobs as alerts
from qingdun.detection.intelligence import jobs as intelligence

__all__ = ["alerts", "intelligence"]
