"""How the devices of July write down what they saw, in ten layouts. Pure; text templates, for there are many lines.

The layouts follow the vendors' own, like those of `sample.lines`; all of them say the year. `count`: hits in one line.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from urllib.parse import quote

from qingdun.config.sample.city import City, Host
from qingdun.config.sample.july.plan import Target
from qingdun.config.sample.traffic import AGENTS, ATTACKS, PAGES, VISITORS

#: (when, from where, at what, number of traffic.ATTACKS, how many hits, dice) → one line
Seen = Callable[[datetime, str, Target, int, int, Random], str]
_LEVELS = ("LOW", "MEDIUM", "HIGH")
_REQUESTS = [(quote(one.request), *one.request.partition("?")[::2]) for one in ATTACKS]
_CODED = [b64encode(f"GET {one.request} HTTP/1.1\r\n\r\n".encode()).decode() for one in ATTACKS]
_STATUSES = [200] * 57 + [304] * 4 + [302] * 2 + [404]
_OFFICES = [f"10.50.{block}.{number}" for block in range(1, 32) for number in range(2, 50)]


class Devices:
    """The devices of the city that write about July."""

    def __init__(self, city: City) -> None:
        named = {device.logs: device.name for device in city.devices if device.logs}
        self.agents = next(device.name for device in city.devices if device.kind == "edr")
        wafs: tuple[Seen, ...] = (self.safeline, self.nsfocus)
        self.pairs: tuple[tuple[Seen, Seen], ...] = (
            (wafs[0], self.huawei), (wafs[1], self.h3c), (wafs[0], self.cef), (wafs[1], self.huawei),
        )  # fmt: skip
        self.alone: tuple[Seen, ...] = (self.huawei, self.h3c, self.topsec, self.h3c, self.nsfocus, self.safeline)
        self.reporting: tuple[Seen, ...] = (self.suricata, self.skyeye)
        self._named: Mapping[str, str] = named

    # what stops an attack

    def safeline(self, at: datetime, source: str, target: Target, attack: int, _count: int, dice: Random) -> str:
        one, (_coded, path, query) = ATTACKS[attack], _REQUESTS[attack]
        kind = one.english.lower()
        risk = ("low", "medium", "medium", "high")[dice.getrandbits(2)]
        return (
            f"<134>1 {at.isoformat()} {self._named['safeline']} event - - - : "
            f'{{"src_ip":"{source}","src_port":{_port(dice)},"socket_ip":"203.0.113.250","host":"{target.domain}",'
            f'"method":"GET","urlpath":"{path}","query_string":"{query}","event_id":"{dice.getrandbits(64):016x}",'
            f'"rule_id":"m_{kind}/sample","module":"m_{kind}","reason":"{one.chinese}","attack_type":"{kind}",'
            f'"risk_level":"{risk}","action":"deny","timestamp":{int(at.timestamp())},'
            f'"timestamp_human":"{at:%Y-%m-%d %H:%M:%S}","payload":"{query}","location":"urlpath",'
            f'"dest_ip":"{target.address}","dest_port":443,"protocol":"http","user_agent":"{one.agent}"}}'
        )

    def nsfocus(self, at: datetime, source: str, target: Target, attack: int, _count: int, dice: Random) -> str:
        return (
            f"<11>{at:%b} {at.day:2} {at:%H:%M:%S} {self._named['nsfocus_waf']} waf: tag:waf_log_websec "
            f"site_id:1600000001  protect_id:2600000001  dst_ip:{target.address}  dst_port:443  src_ip:{source}  "
            f"src_port:{_port(dice)}  method:GET  domain:{target.domain}  uri:{_REQUESTS[attack][0]}  "
            f"alertlevel:{_LEVELS[dice.getrandbits(1)]}  event_type:{ATTACKS[attack].english}  "
            f"stat_time:{at:%Y-%m-%d %H:%M:%S}  policy_id:100001  rule_id:{17_300_001 + attack}  action:Block  "
            f"block:No  block_info:None  http:{_CODED[attack]}"
        )

    def huawei(self, at: datetime, source: str, target: Target, attack: int, count: int, dice: Random) -> str:
        one = ATTACKS[attack]
        return (
            f"<188>{at:%b} {at.day:2} {at:%Y %H:%M:%S} {self._named['huawei']} %%01IPS/4/DETECT(l): An intrusion was "
            f'detected. (SyslogId={dice.getrandbits(19)}, VSys="public", Policy="p1", SrcIp={source}, '
            f"DstIp={target.address}, SrcPort={_port(dice)}, DstPort=443, SrcZone=untrust, DstZone=dmz, "
            f'User="unknown", Protocol=TCP, Application="HTTP", Profile="default", SignName="{one.signature}", '
            f"SignId={1_000_001 + attack}, EventNum={count}, Target=server, Severity=medium, Os=all, "
            f"Category={one.english}, Action=Block)"
        )

    def h3c(self, at: datetime, source: str, target: Target, _attack: int, count: int, dice: Random) -> str:
        six = ":" in source
        names = ("SrcIPv6Addr(1036)", "DstIPAddr(1007)") if six else ("SrcIPAddr(1003)", "DstIPAddr(1007)")
        port = (22, 445, 3389, 8080)[dice.getrandbits(2)]
        return (
            f"<190>{at:%b} {at.day:2} {at:%H:%M:%S %Y} {self._named['h3c']} %%10FILTER/6/FILTER_ZONE_IPV"
            f"{6 if six else 4}_EXECUTION: -Chassis=1-Slot=2; SrcZoneName(1025)=Untrust;DstZoneName(1035)=DMZ;"
            f"Type(1067)=ACL;SecurityPolicy(1072)=deny-scan;RuleID(1078)=1;Protocol(1001)=TCP;"
            f"Application(1002)=general_tcp;{names[0]}={source};SrcPort(1004)={_port(dice)};{names[1]}="
            f"{target.address};DstPort(1008)={port};MatchCount(1069)={count};Event(1048)=Deny;"
        )

    def topsec(self, at: datetime, source: str, target: Target, _attack: int, _count: int, dice: Random) -> str:
        device = self._named["topsec"]
        port = (445, 3389, 22, 1433)[dice.getrandbits(2)]
        return (
            f'<134>{at:%b} {at.day:2} {at:%H:%M:%S} {device} id="ngtos" version="V3.2294.26021_NGFW.1_R" '
            f'time="{at:%Y-%m-%d %H:%M:%S}" dev="{device}" pri="4" type="ac" recorder="ac" vsid="0" '
            f'vsys_name="root_vsys" policyid="11" policyname="deny-scan" protoname="TCP" src="{source}" '
            f'sport="{_port(dice)}" dst="{target.address}" dport="{port}" action="阻断" appname="unknown" '
            f'user="unknown"'
        )

    def cef(self, at: datetime, source: str, target: Target, attack: int, count: int, dice: Random) -> str:
        one = ATTACKS[attack]
        return (
            f"<134>1 {at.isoformat()} {self._named['cef']} tda - - - CEF:0|SampleVendor|TDA|3.83|{100 + attack}|"
            f"{one.signature}|5|rt={int(at.timestamp())}000 src={source} spt={_port(dice)} dst={target.address} dpt=80 "
            f"proto=TCP act=blocked msg={one.english} seen on the wire cnt={count}"
        )

    # what only sees it

    def suricata(self, at: datetime, source: str, target: Target, attack: int, _count: int, dice: Random) -> str:
        one = ATTACKS[attack]
        return (
            f"<173>1 {at.isoformat()} {self._named['suricata']} suricata 2210 - - "
            f'{{"timestamp":"{at:%Y-%m-%dT%H:%M:%S.000000%z}","flow_id":{dice.getrandbits(48)},"in_iface":"eth1",'
            f'"event_type":"alert","src_ip":"{source}","src_port":{_port(dice)},"dest_ip":"{target.address}",'
            f'"dest_port":443,"proto":"TCP","alert":{{"action":"allowed","gid":1,"signature_id":{9_000_001 + attack},'
            f'"rev":3,"signature":"SAMPLE {one.signature}","category":"Web Application Attack","severity":2}},'
            f'"http":{{"hostname":"{target.domain}","url":"{one.request}","http_method":"GET",'
            f'"http_user_agent":"{one.agent}"}},"app_proto":"http"}}'
        )

    def skyeye(self, at: datetime, source: str, target: Target, attack: int, _count: int, dice: Random) -> str:
        one = ATTACKS[attack]
        return (
            f"<158>{at:%b} {at.day:2} {at:%H:%M:%S} {self._named['skyeye']} {at:%Y-%m-%d %H:%M:%S}|!10.40.0.19|!"
            f'webids-webattack_dolog|!{{"attacker":"{source}","victim":"{target.address}","sip":"{source}",'
            f'"sport":{_port(dice)},"dip":"{target.address}","dport":80,"method":"GET","host":"{target.domain}",'
            f'"uri":"{one.request}","rule_id":{268_567_001 + attack},"rule_name":"{one.chinese}尝试",'
            f'"attack_type":"{one.chinese}","severity":5,"confidence":50,"attack_result":"0","rsp_status":404,'
            f'"write_date":{int(at.timestamp())},"serial_num":"sample/sensor"}}'
        )

    def backdoor(self, at: datetime, host: Host, dice: Random) -> str:
        """What the agent on a host reports to its console, which passes it on."""
        return (
            f'<132>1 {at.isoformat()} {self.agents} cwp - - - {{"cls_event_type":"malware","id":{dice.getrandbits(24)},'
            f'"appid":1300000000,"instance_id":"ins-{host.name}","uuid":"{dice.getrandbits(32):08x}-0000-4000-8000-'
            f'000000000001","hostip":"{host.address}","file_path":"/usr/lib/.cache/kworkerd","md5":"'
            f'{dice.getrandbits(128):032x}","filesize":48128,"status":4,"virus_name":"Backdoor.Linux.Sample",'
            f'"level":"3","create_time":"{at:%Y-%m-%d %H:%M:%S}","modify_time":"{at:%Y-%m-%d %H:%M:%S}",'
            f'"event_status":"0"}}'
        )


# what is harmless


def request(at: datetime, target: Target, dice: Random) -> str:
    """A visitor's request, as the web server behind the site writes it."""
    page = dice.choice(PAGES).format(n=dice.randint(1, 90))
    status = _STATUSES[dice.getrandbits(6)]
    return (
        f"<190>1 {at.isoformat()} {target.host} nginx - - - {dice.choice(VISITORS)} - - "
        f'[{at:%d/%b/%Y:%H:%M:%S %z}] "GET {page} HTTP/1.1" {status} {dice.randint(150, 90_000)} "-" '
        f'"{dice.choice(AGENTS)}"'
    )


def sign_in(at: datetime, target: Target, dice: Random) -> str:
    """An operator signs in to a machine."""
    user, office = dice.choice(("ops", "deploy", "backup")), dice.choice(_OFFICES)
    said = f"Accepted publickey for {user} from {office} port {_port(dice)} ssh2"
    return f"<86>1 {at.isoformat()} {target.host} sshd {dice.randint(800, 32_000)} - - {said}"


def noise(at: datetime, dice: Random) -> str:
    """What no format knows."""
    number = dice.randint(1, 99)
    return f"<13>1 {at.isoformat()} yl-box-07 - - - - #{number}~UNIT OK~CH{number % 8}~~"


def _port(dice: Random) -> int:
    return 1025 + dice.getrandbits(15)
