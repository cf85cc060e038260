"""下发: carrying the block list to devices and reading back what stands there. One mechanism, one module.

`mechanism(...)` opens one for a device; `runner` gives each device a thread of its own, so that a slow or unreachable
one delays nobody; `ledger` reads and writes what the records say of it. Not for: deciding what is blocked.
"""
