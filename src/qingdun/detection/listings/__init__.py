from qingdun.detection.listings.alerts import ALERTS

__all__ = ["ALERTS"]
