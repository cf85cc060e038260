"""台账: the register of units, systems, hosts, sites and security devices.

Not for: who may see them (see `access`) or what is wrong with them (see `findings`).
"""
