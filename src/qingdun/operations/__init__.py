"""值守 (operations): what the duty officers do about what detection found; so far, blocking.

Policies and people put addresses on the block list, protected ranges are asked last, `enforcers/` carry the list to
firewalls and read back what stands there. Not for: saying what is an attack (`detection`).
"""
