"""What a scenario file says. The language is explained in pcaps/README.md; every word that is not known is an error."""
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timezone

import yaml

from captures.packets import ICMP_ERRORS, LINK_TYPES

SCENARIO_KEYS = {"about", "start", "format", "link", "here", "snap_length", "nanoseconds", "comment", "interfaces", "hosts", "events",
                 "expect", "not_yet", "with"}
WHAT = ("tcp", "udp", "icmp", "arp")
EVENT_KEYS = set(WHAT) | {"at", "do", "note", "ip", "only", "interface", "vlan", "inside", "repeat", "broadcast", "comment",
                          "data", "bytes", "every", "close", "tries", "by", "icmp", "announce", "retransmit", "first",
                          "fragment", "lose", "offload", "count", "about", "from", "quote", "delay"}
OUTCOMES = {"tcp": ("answered", "silent", "refused", "rejected", "midstream"), "udp": ("answered", "silent", "refused", "rejected")}
UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


class Wrong(Exception):
    """A scenario that cannot be played; says where."""


@dataclass
class Interface:
    name: str
    link: str
    drops: int | None = None

    @property
    def link_type(self):
        return LINK_TYPES[self.link]


@dataclass
class Scenario:
    name: str
    start: int  # nanoseconds since 1970
    hosts: dict
    events: list
    interfaces: list
    format: str
    snap_length: int = 0
    nanoseconds: bool = False
    comment: str = ""
    here: str = ""


def duration(text):
    """"13m 20s", "250ms", "0s" in nanoseconds."""
    text = str(text)
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h)\s*)+", text):
        raise Wrong("%r; expected a time such as 250ms, 3s or 1m 30s" % text)
    return sum(round(float(n) * UNITS[unit]) for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h)", text))


def instant(value):
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return int(value.timestamp()) * 10**9


@dataclass
class Pair:
    """`client1:40000 -> tta1:5307`; without the first port one is given out."""
    source: str
    source_port: int | None
    destination: str
    destination_port: int | None


def pair(text):
    found = re.fullmatch(r"([^\s:]+)(?::(\d+))?\s*->\s*([^\s:]+)(?::(\d+))?", text)
    if not found:
        raise Wrong("%r; expected client1:40000 -> tta1:5307" % text)
    a, ap, b, bp = found.groups()
    return Pair(a, int(ap) if ap else None, b, int(bp) if bp else None)


def check_event(event, hosts):
    unknown = set(event) - EVENT_KEYS
    if unknown:
        raise Wrong("unknown word %s" % ", ".join(sorted(unknown)))
    what = [key for key in WHAT if key in event and not (key == "icmp" and ("tcp" in event or "udp" in event))]
    if len(what) != 1:
        raise Wrong("expected one of tcp, udp, icmp, arp")
    if "icmp" in event and event["icmp"] not in ICMP_ERRORS:
        raise Wrong("icmp: %s; expected one of %s" % (event["icmp"], ", ".join(ICMP_ERRORS)))
    if what[0] in OUTCOMES and event.get("do", "answered") not in OUTCOMES[what[0]]:
        raise Wrong("do: %s; expected one of %s" % (event["do"], ", ".join(OUTCOMES[what[0]])))
    ends = pair(event["about"].split(None, 1)[1]) if what[0] == "icmp" else pair(event[what[0]])
    for name in (ends.source, ends.destination, event.get("by", ends.source)):
        if name not in hosts:
            raise Wrong("host %s is not listed" % name)


def read_hosts(table):
    hosts = {}
    for name, addresses in (table or {}).items():
        addresses = addresses if isinstance(addresses, list) else [addresses]
        hosts[name] = [ipaddress.ip_address(a) for a in addresses]
    return hosts


def read_interfaces(text):
    if "interfaces" not in text:
        return [Interface("eth0", text.get("link", "ethernet"))]
    return [Interface(each["name"], each.get("link", "ethernet"), each.get("drops")) for each in text["interfaces"]]


def read(path):
    name = path.name.removesuffix(".scenario.yaml")
    try:
        text = yaml.safe_load(path.read_text())
        unknown = set(text) - SCENARIO_KEYS
        if unknown:
            raise Wrong("unknown word %s" % ", ".join(sorted(unknown)))
        hosts = read_hosts(text["hosts"])
        for event in text["events"] or []:
            try:
                check_event(event, hosts)
            except Wrong as why:
                raise Wrong("%s: %s" % (event, why)) from None
        return Scenario(
            name=name, start=instant(text["start"]), hosts=hosts, events=text["events"] or [], interfaces=read_interfaces(text),
            format=text.get("format", "pcapng" if "interfaces" in text else "pcap"), snap_length=text.get("snap_length", 0),
            nanoseconds=text.get("nanoseconds", False), comment=text.get("comment", ""), here=text.get("here", ""))
    except (Wrong, KeyError, ValueError, yaml.YAMLError) as why:
        raise Wrong("%s: %s%s" % (path, "missing " if isinstance(why, KeyError) else "", why)) from None
