"""Pages of this room: alerts and suppressions, rules, intelligence, the situation."""
