"""日志: sources, formats, collection, spool, lake and search of every device's logs.

A line is never handled alone: from the spool to the lake it travels in batches of columns. What no format reads is
kept and counted. Not for: deciding what is an attack (see `detection`).
"""
