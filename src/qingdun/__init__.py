"""清盾 Qingdun: one platform for a city's network and data security.

Every folder here is one room of the house, named with a word a bureau officer already uses.
Imports run downhill only: config > reporting > logs > inventory > web > access > audit > lib.
`docs/architecture.md` walks through the house and follows one log line through it.
"""
