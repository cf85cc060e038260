"""What becomes of this room's records when their unit is merged into another; see `inventory.core.merging`."""

WHEN_MERGED = {"logs.source.unit": "follow"}
