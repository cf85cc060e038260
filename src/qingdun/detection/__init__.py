"""检测 (detection): rules that name what an event is a sign of, and the engine that tests them.

`core/` reads Sigma rules and matches them over whole columns of events; `pipelines/` say how each log source names
its fields. Not for: reading log lines into events (`logs`), nor for deciding what is blocked (`operations`).
"""
