"""情报格式的登记处: one file a shape; `detection/intelligence/shapes.py` says what may stand in it."""
