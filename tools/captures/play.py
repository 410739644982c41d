"""Play a scenario: every event becomes the packets that real hosts would send, at the times they would send them."""
import zlib
from dataclasses import dataclass

from captures import packets as p
from captures.scenario import Wrong, duration, pair

HALF_TRIP = 400_000          # 0.4 ms, a local network
BETWEEN_EXCHANGES = 50 * 10**6
SYN_RETRIES = (0, 1, 3, 7)   # seconds after the first, RFC 6298
DUMMY = b"."                 # what payloads are made of: nobody's data
VXLAN_SOURCE = 55000
LARGEST_PACKET = 1500        # what a network card makes of a larger one shows only behind it
EPHEMERAL_FIRST, EPHEMERAL_COUNT = 32768, 28232  # Linux: ip_local_port_range


@dataclass
class Frame:
    time: int
    interface: int
    data: bytes
    comment: str = ""


@dataclass
class End:
    """One end of a conversation: where it is and what it has sent."""
    address: object
    port: int
    sequence: int = 0
    seen: int = 0  # next byte expected from the other end


class Player:
    def __init__(self, scenario):
        self.scenario = scenario
        self.frames = []
        self.identifications = {}
        self.ports = {}
        self.conversations = 0

    # --- numbers that count up, so that nothing is random ---

    def next_identification(self, address):
        first = zlib.crc32(address.packed) & 0xFFFF
        value = self.identifications.get(address, first)
        self.identifications[address] = value + 1
        return value

    def next_port(self, address):
        count = self.ports.get(address, zlib.crc32(address.packed + b"port") % EPHEMERAL_COUNT)
        self.ports[address] = count + 1
        return EPHEMERAL_FIRST + count % EPHEMERAL_COUNT

    def first_sequence(self, end):
        """RFC 6528 in spirit: differs for every conversation, also between the same two ends."""
        self.conversations += 1
        return zlib.crc32(end.address.packed + b"%d %d" % (end.port, self.conversations))

    # --- hosts ---

    def address(self, name, version):
        for address in self.scenario.hosts[name]:
            if address.version == version:
                return address
        raise Wrong("host %s has no IPv%d address" % (name, version))

    def ends(self, event, text):
        """The two ends; IPv4 where both have it, else IPv6; `ip: 6` asks for IPv6."""
        ends = pair(text)
        both = {a.version for a in self.scenario.hosts[ends.source]} & {a.version for a in self.scenario.hosts[ends.destination]}
        if not both:
            raise Wrong("%s and %s share no address family" % (ends.source, ends.destination))
        version = event.get("ip", min(both))
        source, destination = self.address(ends.source, version), self.address(ends.destination, version)
        port = self.next_port(source) if ends.source_port is None else ends.source_port
        return End(source, port), End(destination, ends.destination_port)

    # --- sending ---

    def number_of(self, event):
        names = [each.name for each in self.scenario.interfaces]
        return names.index(event["interface"]) if "interface" in event else 0

    def send_ip(self, time, event, source, destination, packet):
        number = self.number_of(event)
        if "inside" in event:
            source, destination, packet = self.tunnel(event["inside"], source, destination, packet)
        link = self.scenario.interfaces[number].link
        if link == "ethernet":
            vlans = event.get("vlan", [])
            vlans = vlans if isinstance(vlans, list) else [vlans]
            data = p.ethernet(p.mac(source), p.mac(destination, event.get("broadcast", False)), packet, vlans)
        elif link == "cooked":
            here = self.scenario.hosts.get(self.scenario.here, [])
            data = p.cooked(source, packet, destination in here, source in here)
        elif link == "null":
            data = p.null_loopback(packet)
        else:
            data = packet
        self.frames.append(Frame(time, number, data, event.get("comment", "")))

    def tunnel(self, inside, source, destination, packet):
        outer = pair(inside["between"])
        a, b = self.scenario.hosts[outer.source][0], self.scenario.hosts[outer.destination][0]
        if inside["kind"] == "gre":
            protocol, body = p.GRE, p.gre(packet)
        elif inside["kind"] == "vxlan":
            frame = p.ethernet(p.mac(source), p.mac(destination), packet)
            protocol, body = p.UDP, p.udp_datagram(a, b, (VXLAN_SOURCE, 4789), p.vxlan(inside["network"], frame))
        else:
            raise Wrong("inside: %s; expected gre or vxlan" % inside["kind"])
        return a, b, p.ip_packet(a, b, protocol, body, self.next_identification(a))

    def send(self, time, event, side, source, destination, protocol, body):
        """Body in one packet or in fragments; unless this side was not captured, or a fragment got lost."""
        if event.get("only", side) != side:
            return
        uncut = event.get("offload", False) and len(body) > LARGEST_PACKET
        parts = p.ip_packets(source, destination, protocol, body, self.next_identification(source), event.get("fragment", 0), uncut)
        if event.get("lose") == "first" and len(parts) > 1:
            parts = parts[1:]
        for number, part in enumerate(parts):
            self.send_ip(time + number * 10_000, event, source, destination, part)

    def send_tcp(self, time, event, side, me, peer, flags, payload=b""):
        acknowledged = me.seen if flags & p.ACK else 0
        segment = p.tcp_segment(me.address, peer.address, (me.port, peer.port), me.sequence, acknowledged, flags, payload)
        self.send(time, event, side, me.address, peer.address, p.TCP, segment)

    def sent(self, me, peer, length):
        me.sequence += length
        peer.seen = me.sequence

    # --- TCP ---

    def tcp(self, time, event):
        a, b = self.ends(event, event["tcp"])
        a.sequence, b.sequence = self.first_sequence(a), self.first_sequence(b)
        a.seen, b.seen = b.sequence, a.sequence
        do = event.get("do", "answered")
        if do == "midstream":
            return self.talk(time, event, a, b)
        if do == "silent":
            for tries in SYN_RETRIES[: event.get("tries", len(SYN_RETRIES))]:
                self.send_tcp(time + tries * 10**9, event, "initiator", a, b, p.SYN)
            return None
        if do in ("refused", "rejected"):
            for number in range(event.get("tries", 1)):
                self.turned_away(time + number * 500_000_000, event, a, b, do)
            return None
        self.send_tcp(time, event, "initiator", a, b, p.SYN)
        self.sent(a, b, 1)
        self.send_tcp(time + HALF_TRIP, event, "responder", b, a, p.SYN | p.ACK)
        self.sent(b, a, 1)
        self.send_tcp(time + 2 * HALF_TRIP, event, "initiator", a, b, p.ACK)
        return self.talk(time + 3 * HALF_TRIP, event, a, b)

    def turned_away(self, time, event, a, b, do):
        self.send_tcp(time, event, "initiator", a, b, p.SYN)
        if do == "refused":
            reset = End(b.address, b.port, 0, a.sequence + 1)
            self.send_tcp(time + HALF_TRIP, event, "responder", reset, a, p.RST | p.ACK)
        else:
            segment = p.tcp_segment(a.address, b.address, (a.port, b.port), a.sequence, 0, p.SYN)
            self.send_error(time + HALF_TRIP, event, a.address, b.address, p.TCP, segment)

    def talk(self, time, event, a, b):
        """Requests and replies, then the end. `first: responder` lets the other side begin, as a server with a greeting does."""
        pause = duration(event["every"]) if "every" in event else BETWEEN_EXCHANGES
        speakers = [("initiator", a, b), ("responder", b, a)]
        if event.get("first") == "responder":
            speakers.reverse()
        last = time
        for number in range(event.get("data", 1)):
            last = time + number * pause
            for turn, (side, me, peer) in enumerate(speakers):
                payload = DUMMY * event.get("bytes", 32)
                if "announce" in event and number == 0 and side == "initiator":
                    payload = b"%d\0" % event["announce"]
                for again in range(1 + event.get("retransmit", 0)):
                    self.send_tcp(last + turn * HALF_TRIP + again * 200_000_000, event, side, me, peer, p.PSH | p.ACK, payload)
                self.sent(me, peer, len(payload))
            side, me, peer = speakers[0]
            self.send_tcp(last + 2 * HALF_TRIP, event, side, me, peer, p.ACK)
        last += event.get("retransmit", 0) * 200_000_000
        close = event.get("close", "open" if event.get("do") == "midstream" else "fin")
        self.close(last + (pause if event.get("data", 1) else 0) + HALF_TRIP, event, a, b, close)

    def close(self, time, event, a, b, how):
        if how == "fin":
            self.send_tcp(time, event, "initiator", a, b, p.FIN | p.ACK)
            self.sent(a, b, 1)
            self.send_tcp(time + HALF_TRIP, event, "responder", b, a, p.FIN | p.ACK)
            self.sent(b, a, 1)
            self.send_tcp(time + 2 * HALF_TRIP, event, "initiator", a, b, p.ACK)
        elif how == "rst":
            self.send_tcp(time, event, "initiator", a, b, p.RST | p.ACK)
        elif how != "open":
            raise Wrong("close: %s; expected fin, rst or open" % how)

    # --- UDP, ICMP, ARP ---

    def udp(self, time, event):
        a, b = self.ends(event, event["udp"])
        do = event.get("do", "answered")
        every = duration(event["every"]) if "every" in event else 10**9
        for number in range(event.get("count", 1)):
            now, payload = time + number * every, DUMMY * event.get("bytes", 48)
            datagram = p.udp_datagram(a.address, b.address, (a.port, b.port), payload)
            self.send(now, event, "initiator", a.address, b.address, p.UDP, datagram)
            if do == "answered":
                reply = p.udp_datagram(b.address, a.address, (b.port, a.port), payload)
                self.send(now + HALF_TRIP, event, "responder", b.address, a.address, p.UDP, reply)
            elif do in ("refused", "rejected"):
                self.send_error(now + HALF_TRIP, event, a.address, b.address, p.UDP, datagram)

    def send_error(self, time, event, source, destination, protocol, body):
        """An ICMP error back to the source; from the destination itself unless `by` names a device."""
        sender = self.address(event["by"], source.version) if "by" in event else destination
        quoted = p.ip_packet(source, destination, protocol, body, self.identifications.get(source, 1) - 1)
        error = p.icmp_error(sender, source, event.get("icmp", "port"), quoted)
        carrier = p.ip_packet(sender, source, p.ICMP if source.version == 4 else p.ICMPV6, error, self.next_identification(sender))
        self.send_ip(time, event, sender, source, carrier)

    def icmp(self, time, event):
        """An error by itself: `about` names the flow, of which nothing else need have been captured."""
        transport, ends = event["about"].split(None, 1)
        a, b = self.ends(event, ends)
        if transport == "udp":
            body = p.udp_datagram(a.address, b.address, (a.port, b.port), DUMMY * 48)
        else:
            flags = p.PSH | p.ACK if event.get("quote") == "data" else p.SYN
            body = p.tcp_segment(a.address, b.address, (a.port, b.port), self.first_sequence(a), 0, flags)
        self.send_error(time, event, a.address, b.address, p.UDP if transport == "udp" else p.TCP, body)

    def arp(self, time, event):
        ends = pair(event["arp"])
        data = p.arp_request(self.address(ends.source, 4), self.address(ends.destination, 4))
        self.frames.append(Frame(time, self.number_of(event), data))


def play(scenario):
    """The frames of a scenario in the order of their times."""
    player = Player(scenario)
    for event in scenario.events:
        repeat = event.get("repeat", {"times": 1, "every": "1s"})
        what = next(key for key in ("tcp", "udp", "icmp", "arp") if key in event)
        for number in range(repeat["times"]):
            time = scenario.start + duration(event["at"]) + number * duration(repeat["every"])
            try:
                getattr(player, what)(time, event)
            except Wrong as why:
                raise Wrong("%s: %s: %s" % (scenario.name, event, why)) from None
    return sorted(player.frames, key=lambda frame: frame.time)
