"""How addresses are ordered and which stage may follow which. Pure."""
