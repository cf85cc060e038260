"""Recognising web attacks in what an access log keeps: the address asked for, the referer, the user agent.

Two thirds of what a web application firewall sees (bodies, headers, cookies) is not in an access log; this room never
claims to have seen it. Columns first (`columns`), every expensive step on the few suspects only (`judge`).
"""
