"""How long the register's lists and imports take on this machine; run by `qingdun bench NAME`."""
