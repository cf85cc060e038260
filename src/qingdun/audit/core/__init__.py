"""How one entry is tied to the one before it, and how a signed checkpoint fixes where the chain stood.

Pure: no rows, no clock.
"""
