"""How one entry is tied to the one before it. Pure: no rows, no clock."""
