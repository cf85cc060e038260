"""From the words of a feed (labels, tags, names) to our categories."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The first whose word occurs counts: the more telling stand first.
_WORDS = (
    ("ransomware", r"ransom|勒索"),
    ("mining", r"coin|miner|mining|cryptojack|挖矿"),
    ("phishing", r"phish|钓鱼"),
    ("c2", r"\bc2\b|c&c|\bcnc\b|command[ -_]and[ -_]control|远控|远程控制"),
    ("botnet", r"botnet|\bbot\b|僵尸"),
    ("bruteforce", r"brute|爆破|暴力破解"),
    ("scanner", r"scan|recon|扫描"),
    ("anonymizer", r"anonymi[sz]|\btor\b|proxy|\bvpn\b|代理"),
    ("spam", r"spam|垃圾邮件"),
    ("malware", r"malware|malicious|trojan|backdoor|payload|木马|恶意"),
)
_KNOWN = [(key, re.compile(words, re.IGNORECASE).search) for key, words in _WORDS]


def categorise(words: Iterable[str]) -> str | None:
    """None when they tell nothing."""
    text = " ".join(words)
    return next((key for key, told in _KNOWN if told(text)), None)
