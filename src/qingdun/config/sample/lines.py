"""A day of raw device lines about the sample city, as the devices would have sent them. Pure.

The layouts follow the vendors' own (docs/reference lists the formats); every address, name and rule is invented.
Each maker takes one `Moment` and gives one line, syslog header included.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import quote

from qingdun.config.sample.city import City, Host, System, senders
from qingdun.config.sample.traffic import AGENTS, ATTACKERS, ATTACKS, HOURS, PAGES, VISITORS, Attack


@dataclass(frozen=True, slots=True)
class Scene:
    """What lines can be about: systems with a site and its web server, all hosts, who logs, a device per kind."""

    sites: list[tuple[System, Host]]
    hosts: list[Host]
    fronts: list[Host]
    inner: list[Host]
    devices: dict[str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event about to be written down. `attacker` picks a few attackers far more often than the rest."""

    at: datetime
    scene: Scene
    dice: Random

    def attacker(self) -> str:
        return ATTACKERS[min(int(self.dice.expovariate(0.12)), len(ATTACKERS) - 1)]

    def site(self) -> tuple[str, Host]:
        system, host = self.scene.sites[min(int(self.dice.expovariate(0.06)), len(self.scene.sites) - 1)]
        return self.dice.choice(system.domains), host

    def office(self) -> str:
        return f"10.50.{self.dice.randint(1, 31)}.{self.dice.randint(2, 250)}"

    def attack(self) -> Attack:
        return self.dice.choices(ATTACKS, [30, 16, 14, 9, 5, 12, 10, 4])[0]

    def port(self) -> int:
        return self.dice.randint(1025, 65000)

    def pick(self, *choices: str) -> str:
        return self.dice.choice(choices)


Maker = Callable[[Moment], bytes]


def lines(city: City, until: datetime) -> Iterator[bytes]:
    """The city's lines of the 24 hours up to `until` (aware; its zone is the devices'), oldest first."""
    dice = Random(city.lines)
    scene = _scene(city)
    makers = dice.choices(list(SHARES), list(SHARES.values()), k=city.lines)
    for at, maker in zip(_times(city.lines, until, dice), makers, strict=True):
        yield maker(Moment(at, scene, dice))


def since(city: City, began: datetime, until: datetime, dice: Random) -> Iterator[bytes]:
    """Lines of the short while from `began` to `until`, at the pace of the hour: the city goes on living."""
    pace = city.lines * HOURS[until.hour] / sum(HOURS) / 3600 * (until - began).total_seconds()
    count = int(pace) + (dice.random() < pace % 1)
    scene, makers = _scene(city), dice.choices(list(SHARES), list(SHARES.values()), k=count)
    for at, maker in zip(sorted(dice.uniform(0, 1) for _ in range(count)), makers, strict=True):
        yield maker(Moment(began + (until - began) * at, scene, dice))


def _scene(city: City) -> Scene:
    fronts = {host.system: host for host in reversed(city.hosts) if host.zone == "internet"}
    sites = [(system, fronts[system.code]) for system in city.systems if system.domains]
    devices = {device.logs: device.name for device in city.devices if device.logs}
    return Scene(sites, list(city.hosts), *senders(city), devices)


def _times(count: int, until: datetime, dice: Random) -> list[datetime]:
    hours = [until - timedelta(hours=back) for back in range(24)]
    chosen = dice.choices(hours, [HOURS[hour.hour] for hour in hours], k=count)
    return sorted(hour - timedelta(seconds=dice.uniform(0, 3600)) for hour in chosen)


def _syslog(moment: Moment, priority: int, host: str, text: str, *, encoding: str = "utf-8") -> bytes:
    return f"<{priority}>{moment.at:%b} {moment.at.day:2} {moment.at:%H:%M:%S} {host} {text}".encode(encoding)


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def nginx(moment: Moment) -> bytes:
    """A visitor's request, or now and then an attacker's, in the combined layout."""
    host = moment.scene.fronts[min(int(moment.dice.expovariate(0.3)), len(moment.scene.fronts) - 1)]
    hostile = moment.dice.random() < 0.07
    attack = moment.attack()
    path = quote(attack.request, safe="/?=&") if hostile else moment.pick(*PAGES).format(n=moment.dice.randint(1, 90))
    agent = attack.agent if hostile else moment.pick(*AGENTS)
    source = moment.attacker() if hostile else moment.pick(*VISITORS)
    status = (
        moment.dice.choices([403, 404, 200], [5, 4, 1])[0]
        if hostile
        else moment.dice.choices([200, 304, 302, 404, 500], [86, 7, 4, 2, 1])[0]
    )
    size = moment.dice.randint(150, 90_000)
    record = f'{source} - - [{moment.at:%d/%b/%Y:%H:%M:%S %z}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"'
    return _syslog(moment, 190, host.name, f"nginx: {record}")


def sshd(moment: Moment) -> bytes:
    """Guesses at a password on what faces the Internet, operators' sign-ins everywhere."""
    outside, process = moment.dice.random() < 0.7, moment.dice.randint(800, 32_000)
    host = moment.dice.choice(moment.scene.fronts if outside else moment.scene.inner)
    if outside or moment.dice.random() < 0.1:
        user = moment.pick("root", "invalid user admin", "invalid user oracle", "invalid user test", "postgres")
        source = moment.attacker() if outside else moment.office()
        event = f"Failed password for {user} from {source} port {moment.port()} ssh2"
    else:
        user = moment.pick("ops", "deploy", "backup")
        event = f"Accepted publickey for {user} from {moment.office()} port {moment.port()} ssh2"
    return _syslog(moment, 86, host.name, f"sshd[{process}]: {event}")


def suricata(moment: Moment) -> bytes:
    domain, host = moment.site()
    attack = moment.attack()
    event: dict[str, object] = {
        "timestamp": f"{moment.at:%Y-%m-%dT%H:%M:%S.%f%z}",
        "flow_id": moment.dice.getrandbits(48),
        "in_iface": "eth1",
        "event_type": "alert",
        "src_ip": moment.attacker(),
        "src_port": moment.port(),
        "dest_ip": host.address,
        "dest_port": 443,
        "proto": "TCP",
        "alert": {
            "action": moment.dice.choices(["allowed", "blocked"], [3, 1])[0],
            "gid": 1,
            "signature_id": 9_000_001 + ATTACKS.index(attack),
            "rev": 3,
            "signature": f"SAMPLE {attack.signature}",
            "category": "Web Application Attack",
            "severity": moment.dice.choices([1, 2, 3], [3, 5, 2])[0],
        },
        "http": {"hostname": domain, "url": attack.request, "http_method": "GET", "http_user_agent": attack.agent},
        "app_proto": "http",
    }
    return _syslog(moment, 173, moment.scene.devices["suricata"], f"suricata[2210]: {_json(event)}")


def safeline(moment: Moment) -> bytes:
    domain, host = moment.site()
    attack = moment.attack()
    path, _, query = attack.request.partition("?")
    event: dict[str, object] = {
        "src_ip": moment.attacker(),
        "src_port": moment.port(),
        "socket_ip": "203.0.113.250",
        "host": domain,
        "method": "GET",
        "urlpath": path,
        "query_string": query,
        "event_id": f"{moment.dice.getrandbits(64):016x}",
        "rule_id": f"m_{attack.english.lower()}/sample",
        "module": f"m_{attack.english.lower()}",
        "reason": attack.chinese,
        "attack_type": attack.english.lower(),
        "risk_level": moment.dice.choices(["high", "medium", "low"], [5, 4, 2])[0],
        "action": moment.dice.choices(["deny", "allow"], [9, 1])[0],
        "timestamp": int(moment.at.timestamp()),
        "timestamp_human": f"{moment.at:%Y-%m-%d %H:%M:%S}",
        "payload": query,
        "location": "urlpath",
        "dest_ip": host.address,
        "dest_port": 443,
        "protocol": "http",
        "user_agent": attack.agent,
    }
    at = moment.at.isoformat(timespec="seconds")
    return f"<134>1 {at} {moment.scene.devices['safeline']} event - - - : {_json(event)}".encode()


def hillstone(moment: Moment) -> bytes:
    _, host = moment.site()
    name, kind = moment.dice.choice(
        [("port-scan", "Scan"), ("syn-flood", "DoS"), ("brute-force", "Login"), ("sqli", "Web")]
    )
    word = moment.dice.choices(["DROP", "LOG-ONLY", "RESET"], [7, 2, 1])[0]
    severity = moment.pick("Low", "Medium", "High", "Critical")
    text = (
        f"2008000000000001(root) 460c9413 Threat@FLOW: From {moment.attacker()}:{moment.port()}(ethernet1/1) to "
        f"{host.address}:{moment.pick('80', '443', '22', '6379')}(-), threat name: {name}, threat type: {kind}, "
        f"threat subtype: {kind}, App/Protocol: IPv4/TCP, action: {word}, defender: AD, severity: {severity}, "
        f"zone untrust: {name} attack, occurred {moment.dice.randint(1, 40)} times in the last 59 seconds"
    )
    return _syslog(moment, 188, moment.scene.devices["hillstone"], text)


def huawei(moment: Moment) -> bytes:
    host, attack = moment.dice.choice(moment.scene.hosts), moment.attack()
    text = (
        f'%%01IPS/4/DETECT(l): An intrusion was detected. (SyslogId={moment.dice.randint(1, 999_999)}, VSys="public", '
        f'Policy="p1", SrcIp={moment.attacker()}, DstIp={host.address}, SrcPort={moment.port()}, DstPort=3389, '
        f'SrcZone=untrust, DstZone=dmz, User="unknown", Protocol=TCP, Application="HTTP", Profile="default", '
        f'SignName="{attack.signature}", SignId={1_000_001 + ATTACKS.index(attack)}, EventNum=1, Target=server, '
        f"Severity={moment.pick('high', 'medium', 'low')}, Os=all, Category={attack.english}, "
        f"Action={moment.dice.choices(['Block', 'Alert'], [3, 2])[0]})"
    )
    at = f"{moment.at:%b} {moment.at.day:2} {moment.at:%Y %H:%M:%S}"
    return f"<188>{at} {moment.scene.devices['huawei']} {text}".encode()


def nsfocus_waf(moment: Moment) -> bytes:
    domain, host = moment.site()
    attack = moment.attack()
    request = b64encode(f"GET {attack.request} HTTP/1.1\r\nHost: {domain}\r\n\r\n".encode()).decode()
    text = (
        f"waf: tag:waf_log_websec site_id:1600000001  protect_id:2600000001  dst_ip:{host.address}  dst_port:443  "
        f"src_ip:{moment.attacker()}  src_port:{moment.port()}  method:GET  domain:{domain}  "
        f"uri:{quote(attack.request)}  alertlevel:{moment.pick('HIGH', 'MEDIUM', 'LOW')}  event_type:{attack.english}  "
        f"stat_time:{moment.at:%Y-%m-%d %H:%M:%S}  policy_id:100001  rule_id:{17_300_001 + ATTACKS.index(attack)}  "
        f"action:{moment.dice.choices(['Block', 'Accept'], [8, 2])[0]}  block:No  block_info:None  http:{request}"
    )
    return _syslog(moment, 11, moment.scene.devices["nsfocus_waf"], text)


def sangfor(moment: Moment) -> bytes:
    """Half of this vendor's lines arrive in GB18030, as its older boxes send them."""
    domain, host = moment.site()
    attack = moment.attack()
    text = (
        f"fwlog[2201]: 所属系统:public, 日志类型:WEB应用防护, 策略名称:门户防护, "
        f"规则ID:{13_010_001 + ATTACKS.index(attack)}, 源IP:{moment.attacker()}, 源端口:{moment.port()}, "
        f"目的IP:{host.address}, 目的端口:443, 攻击类型:{attack.chinese}, "
        f"严重级别:{moment.pick('高', '中', '低')}, 系统动作:{moment.pick('拒绝', '拒绝', '拒绝', '允许')}, "
        f"URL:{domain}{attack.request}"
    )
    encoding = moment.pick("utf-8", "gb18030")
    return _syslog(moment, 134, moment.scene.devices["sangfor"], text, encoding=encoding)


def topsec(moment: Moment) -> bytes:
    """Access control, and sometimes a weak password with the password in it: it must be masked before storage."""
    host, device = moment.dice.choice(moment.scene.hosts), moment.scene.devices["topsec"]
    at = f"{moment.at:%Y-%m-%d %H:%M:%S}"
    if moment.dice.random() < 0.08:
        text = (
            f'id=tos time="{at}" fw=TopsecOS pri=4 type=ips recorder=IPSEVENT proto=tcp src={moment.attacker()} '
            f'sport={moment.port()} dst={host.address} dport=6379 rule=85110 repeat=1 msg="REDIS弱口令登录" '
            f"appendix=\"(AUTH=username:'default';passwd:'sample-{moment.dice.randint(100, 999)}')\" "
            f'application=Redis op="alert"'
        )
    else:
        text = (
            f'id="ngtos" version="V3.2294.26021_NGFW.1_R" time="{at}" dev="{device}" pri="4" type="ac" recorder="ac" '
            f'vsid="0" vsys_name="root_vsys" policyid="11" policyname="deny-scan" protoname="TCP" '
            f'src="{moment.attacker()}" sport="{moment.port()}" dst="{host.address}" '
            f'dport="{moment.pick("445", "3389", "22", "1433")}" '
            f'action="{moment.dice.choices(["阻断", "允许"], [4, 1])[0]}" appname="unknown" user="unknown"'
        )
    return _syslog(moment, 134, device, text)


def h3c(moment: Moment) -> bytes:
    host, mac = moment.dice.choice(moment.scene.hosts), f"0200-0000-{moment.dice.randint(0, 255):04x}"
    text = (
        "%%10FILTER/6/FILTER_ZONE_IPV4_EXECUTION: -Chassis=1-Slot=2; SrcZoneName(1025)=Untrust;DstZoneName(1035)=DMZ;"
        "Type(1067)=ACL;SecurityPolicy(1072)=deny-scan;RuleID(1078)=1;Protocol(1001)=TCP;Application(1002)=general_tcp;"
        f"SrcIPAddr(1003)={moment.attacker()};SrcPort(1004)={moment.port()};SrcMacAddr(1021)={mac};"
        f"DstIPAddr(1007)={host.address};DstPort(1008)={moment.pick('22', '445', '3389', '8080')};"
        f"MatchCount(1069)={moment.dice.randint(1, 9)};Event(1048)={moment.pick('Deny', 'Deny', 'Deny', 'Permit')};"
    )
    at = f"{moment.at:%b} {moment.at.day:2} {moment.at:%H:%M:%S %Y}"
    return f"<190>{at} {moment.scene.devices['h3c']} {text}".encode()


def skyeye(moment: Moment) -> bytes:
    domain, host = moment.site()
    attack, source = moment.attack(), moment.attacker()
    event: dict[str, object] = {
        "attacker": source,
        "victim": host.address,
        "sip": source,
        "sport": moment.port(),
        "dip": host.address,
        "dport": 80,
        "method": "GET",
        "host": domain,
        "uri": attack.request,
        "rule_id": 268_567_001 + ATTACKS.index(attack),
        "rule_name": f"{attack.chinese}尝试",
        "attack_type": attack.chinese,
        "severity": moment.dice.randint(2, 9),
        "confidence": 50,
        "attack_result": moment.dice.choices(["0", "1"], [49, 1])[0],
        "rsp_status": 404,
        "write_date": int(moment.at.timestamp()),
        "serial_num": "sample/sensor",
    }
    body = f"{moment.at:%Y-%m-%d %H:%M:%S}|!10.40.0.19|!webids-webattack_dolog|!{_json(event)}"
    return _syslog(moment, 158, moment.scene.devices["skyeye"], body)


def cef(moment: Moment) -> bytes:
    host, attack = moment.dice.choice(moment.scene.hosts), moment.attack()
    text = (
        f"CEF:0|SampleVendor|TDA|3.83|{100 + ATTACKS.index(attack)}|{attack.signature}|{moment.dice.randint(1, 10)}|"
        f"src={moment.attacker()} spt={moment.port()} dst={host.address} dpt=80 proto=TCP "
        f"act={moment.pick('blocked', 'alert')} msg={attack.english} seen on the wire cnt={moment.dice.randint(1, 5)}"
    )
    return _syslog(moment, 134, moment.scene.devices["cef"], text)


def unknown(moment: Moment) -> bytes:
    """What no format knows: a box of an unnamed maker, half a line, bytes that are no text."""
    number = moment.dice.randint(1, 99)
    return moment.dice.choice(
        [
            _syslog(moment, 13, "yl-box-07", f"#{number}~UNIT OK~CH{number % 8}~~"),
            _syslog(moment, 13, "yl-box-07", f"fan tray {number % 4} speed changed"),
            f"%%{number} 设备自检完成".encode("gb18030"),
            bytes(moment.dice.choices([0x01, 0x7F, 0xFE, 0xFF, 0x81, 0x30, 0x41], k=24)),
        ]
    )


#: Which line how often, of a hundred or so.
SHARES: dict[Maker, float] = {
    nginx: 38,
    sshd: 12,
    suricata: 10,
    safeline: 9,
    hillstone: 6,
    h3c: 5,
    huawei: 5,
    nsfocus_waf: 5,
    sangfor: 4,
    topsec: 4,
    skyeye: 3,
    cef: 2,
    unknown: 1,
}
