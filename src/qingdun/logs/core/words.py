"""What the words of devices mean: severity, action, outcome, protocol (device_formats §2).

Numbers are absent on purpose: scales run in both directions (天融信 downwards, 天眼 upwards), so only a format may say
what a device's numbers mean. The one exception is the syslog number, which RFC 5424 fixes.
"""

# ruff: noqa: E501  (a list of words reads better whole)
from __future__ import annotations


def _invert(table: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words.split()}


#: Lower case; 5 critical … 1 info.
SEVERITY = _invert({
    "5": "超危 危急 严重 紧急 特别严重 非常高 极高 致命 critical crit. emerg emergency emergent urgent highest fatal panic very-high veryhigh red disaster",
    "4": "高 高危 高级 重要 重大 较高 high alert crit serious major severe orange",
    "3": "中 中危 中级 中等 警告 告警 报警 medium middle moderate mid warning warn err error yellow average",
    "2": "低 低危 低级 较低 一般 通知 注意 轻微 low notice minor blue",
    "1": "信息 提示 正常 安全 调试 info information informational inform debug trace verbose none normal notification",
})  # fmt: skip
#: RFC 5424 §6.2.1: the number in PRI, and what several vendors write as `pri`.
SYSLOG_SEVERITY = {"0": "5", "1": "5", "2": "4", "3": "3", "4": "3", "5": "2", "6": "1", "7": "1"}

ACTION = _invert({
    "blocked": "拒绝 阻断 拦截 丢弃 禁止 阻止 封禁 联动拒绝 拒绝访问 重置 重置连接 阻断连接 已阻止 已阻断 已拦截 隔离 drop dropped deny denied block blocked "
    "prevent prevented reject rejected reset reset-both reset-client reset-server reset_both refused discard sinkhole sinkhole-replace "
    "quarantine quarantined drop-packet drop-connection block-ip terminate terminated ban banned 访问阻断",
    "allowed": "允许 放行 通过 准许 允许运行 允许访问 pass passed permit permitted accept accepted allow allowed continue passthrough bypass forward 访问允许",
    "alerted": "告警 报警 被记录 记录 仅记录 检测 监控 记录日志 alert alerted alarm detected detect logging log log-only log_only logonly monitor monitored report",
    "deceived": "欺骗 诱捕 deceive deceived redirect_honeypot",
})  # fmt: skip
#: Where no whole word is known, what a short phrase contains.
ACTION_PARTS = (
    ("alerted", r"未(?:阻断|拦截|拒绝|阻止)|仅(?:告警|记录)|(?i:\bnot (?:block|den|drop|reject))"),
    ("blocked", r"阻断|拒绝|拦截|丢弃|阻止|封禁|(?i:\b(?:den(?:y|ied)|block(?:ed)?|drop(?:ped)?|reject(?:ed)?)\b)"),
    ("allowed", r"允许|放行|(?i:\b(?:permit(?:ted)?|allow(?:ed)?|accept(?:ed)?)\b)"),
    ("alerted", r"告警|报警|记录"),
)
#: What a sentence says was done to the traffic.
VERDICT = r"(?i)(拒绝|阻断|拦截|丢弃|阻止|放行|允许|告警|\b(?:dropped|drop|blocked|denied|deny|rejected|refused|banned|banning|permitted|permit|allowed|accepted)\b)"
#: What a sentence says a person or a device did, where nothing was done to traffic.
DOING = r"(?i)(登录|登陆|注销|退出|添加|新增|删除|修改|变更|升级|备份|重启|启动|停止|\b(?:log(?:s|ged)? ?(?:in|on|out|off)|login|logout|authentication|created?|deleted?|added|add|removed|changed|modified|updated?|upgraded?|started|stopped|restarted)\b)"
OUTCOME = _invert({
    "success": "成功 success succeeded successful succeed ok passed audit_success 登录成功 操作成功 升级成功 完成 yes true",
    "failure": "失败 fail failed failure error denied audit_failure unsuccessful 登录失败 操作失败 升级失败 invalid false no",
    "unknown": "unknown attempt 企图 尝试",
})  # fmt: skip
OUTCOME_PARTS = (
    ("failure", r"失败|错误|(?i:\bfail(?:ed|ure|s)?\b|\binvalid\b|\bincorrect\b|\bdenied\b|\brejected\b|\bwrong\b)"),
    ("success", r"成功|(?i:\bsuccess(?:ful(?:ly)?)?\b|\baccepted\b)"),
)
#: IANA protocol numbers that occur in device logs.
TRANSPORT = {
    "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "41": "ipv6", "47": "gre", "50": "esp", "51": "ah",
    "58": "ipv6-icmp", "89": "ospf", "132": "sctp",
}  # fmt: skip
TRANSPORTS = frozenset(TRANSPORT.values()) | {"icmpv6", "arp", "ip"}
METHODS = "GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|REPORT|SEARCH|DEBUG|TRACK|PRI"
