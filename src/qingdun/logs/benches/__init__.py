"""Measurements: one file each, run by `qingdun bench NAME`. They print the machine, the input and the spread."""
