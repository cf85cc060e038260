"""What becomes of this room's records when their unit is merged into another; see `inventory.core.merging`."""

WHEN_MERGED = {"detection.alert.unit": "follow", "detection.attack.unit": "follow"}
