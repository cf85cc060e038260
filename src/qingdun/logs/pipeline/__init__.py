"""入库: from the spool to the lake and the hourly tallies, each line exactly once whatever is killed when.

Readers (processes without Django) turn batches into Parquet files; one committer makes the files part of the lake and
counts them. A commit is: the lake (idempotent by spool position), the records (idempotent by batch), the spool.
Not for: understanding a line (see `logs.core`).
"""
