"""采集: the doors through which devices' logs come in, all in one process: syslog, HTTP push, files.

Every door does the same three things: cut what arrives at record borders (never a record at a time where a chunk
will do), wait until the spool has it synced, say so if the protocol can. When there is no room it says so, or stops
reading. Not for: understanding a line (see `logs.core`).
"""
