"""How the rooms are put together: settings, routes, the command line and the supervisor of `qingdun up`.

Not for: anything a bureau officer would name. No other room imports this one.
"""
