"""Measurements of blocking: one file each, run by `qingdun bench NAME`."""
