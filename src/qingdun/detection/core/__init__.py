"""检测引擎: Sigma rules compiled once, events as columns, each predicate tested once per distinct value."""
