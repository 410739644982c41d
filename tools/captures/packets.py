"""Headers as bytes: IPv4, IPv6, TCP, UDP, ICMP, tunnels and link layers, with correct lengths and checksums."""
import ipaddress
import struct

ICMP, TCP, UDP, GRE, FRAGMENT, ICMPV6 = 1, 6, 17, 47, 44, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

LINK_TYPES = {"ethernet": 1, "raw": 101, "null": 0, "cooked": 113}

# What a firewall or a router may answer, as (type, code) for IPv4 (RFC 792) and for IPv6 (RFC 4443).
ICMP_ERRORS = {
    "net": ((3, 0), (1, 0)),
    "host": ((3, 1), (1, 3)),
    "port": ((3, 3), (1, 4)),
    "too-big": ((3, 4), (2, 0)),
    "net-prohibited": ((3, 9), (1, 1)),
    "host-prohibited": ((3, 10), (1, 1)),
    "admin-prohibited": ((3, 13), (1, 1)),
    "policy": (None, (1, 5)),
    "reject-route": (None, (1, 6)),
    "time-exceeded": ((11, 0), (3, 0)),
}


def checksum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def pseudo_header(source, destination, protocol, length):
    if source.version == 4:
        return source.packed + destination.packed + struct.pack("!BBH", 0, protocol, length)
    return source.packed + destination.packed + struct.pack("!II", length, protocol)


def transport_checksum(source, destination, protocol, segment):
    value = checksum(pseudo_header(source, destination, protocol, len(segment)) + segment)
    return value if value or protocol != UDP else 0xFFFF


def syn_options(source):
    """Maximum segment size (1460 or, on IPv6, 1440), selective acknowledgement, window scale."""
    return struct.pack("!BBHBBBBBB", 2, 4, 1460 if source.version == 4 else 1440, 4, 2, 1, 3, 3, 7) + b"\0\0"


def tcp_segment(source, destination, ports, sequence, acknowledged, flags, payload=b""):
    options = syn_options(source) if flags & SYN else b""
    offset = (20 + len(options)) // 4
    window = 0 if flags & RST else 64240
    head = struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, offset << 4, flags, window, 0, 0)
    segment = head + options + payload
    value = transport_checksum(source, destination, TCP, segment)
    return segment[:16] + struct.pack("!H", value) + segment[18:]


def udp_datagram(source, destination, ports, payload):
    head = struct.pack("!HHHH", *ports, 8 + len(payload), 0)
    value = transport_checksum(source, destination, UDP, head + payload)
    return head[:6] + struct.pack("!H", value) + payload


def icmp_error(source, destination, name, quoted):
    """An error from `source` that quotes the packet it is about: its header and eight bytes, or as much as fits (IPv6)."""
    kind = ICMP_ERRORS[name][0 if source.version == 4 else 1]
    if kind is None:
        raise ValueError("no ICMP error %s in IPv%d" % (name, source.version))
    rest = 1400 if name == "too-big" else 0
    if source.version == 4:
        body = struct.pack("!BBHI", *kind, 0, rest) + quoted[: (quoted[0] & 15) * 4 + 8]
        value = checksum(body)
    else:
        body = struct.pack("!BBHI", *kind, 0, rest) + quoted[: 1280 - 48]
        value = checksum(pseudo_header(source, destination, ICMPV6, len(body)) + body)
    return body[:2] + struct.pack("!H", value) + body[4:]


def ip_packets(source, destination, protocol, payload, identification, fragment=0, total_zero=False):
    """One IP packet, or its fragments of at most `fragment` bytes of payload each."""
    if not fragment or len(payload) <= fragment:
        return [ip_packet(source, destination, protocol, payload, identification, total_zero=total_zero)]
    step, packets = fragment // 8 * 8, []
    for at in range(0, len(payload), step):
        more = at + step < len(payload)
        packets.append(ip_packet(source, destination, protocol, payload[at : at + step], identification, at // 8, more, True))
    return packets


def ip_packet(source, destination, protocol, payload, identification, offset=0, more=False, fragment=False, total_zero=False):
    if source.version == 4:
        place = offset | (0x2000 if more else 0) if fragment else 0x4000
        total = 0 if total_zero else 20 + len(payload)
        head = struct.pack("!BBHHHBBH", 0x45, 0, total, identification & 0xFFFF, place, 64, protocol, 0) + source.packed + destination.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload
    if fragment:
        payload = struct.pack("!BBHI", protocol, 0, offset << 3 | more, identification) + payload
        protocol = FRAGMENT
    return struct.pack("!IHBB", 0x60000000, len(payload), protocol, 64) + source.packed + destination.packed + payload


def ethertype(packet):
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def mac(address, broadcast=False):
    """A locally administered MAC address that follows from the IP address; groups have the address that RFC 1112 and 2464 say."""
    if broadcast or address == ipaddress.ip_address("255.255.255.255"):
        return b"\xff" * 6
    if address.is_multicast:
        low = address.packed
        return b"\x01\0\x5e" + bytes([low[1] & 0x7F]) + low[2:] if address.version == 4 else b"\x33\x33" + low[-4:]
    return bytes([2, 4 if address.version == 4 else 6]) + address.packed[-4:]


def ethernet(source_mac, destination_mac, packet, vlans=()):
    tags, kinds = b"", [0x88A8] * (len(vlans) - 1) + [0x8100] * bool(vlans)
    for kind, vlan in zip(kinds, vlans):
        tags += struct.pack("!HH", kind, vlan)
    return destination_mac + source_mac + tags + struct.pack("!H", ethertype(packet)) + packet


def arp_request(source, destination):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac(source) + source.packed + bytes(6) + destination.packed
    return b"\xff" * 6 + mac(source) + struct.pack("!H", 0x0806) + body + bytes(18)


def cooked(source, packet, to_here, from_here):
    """Linux cooked, as `tcpdump -i any` writes it: 0 to us, 3 to somebody else, 4 from us."""
    kind = 4 if from_here else 0 if to_here else 3
    return struct.pack("!HHH", kind, 1, 6) + mac(source) + b"\0\0" + struct.pack("!H", ethertype(packet)) + packet


def null_loopback(packet):
    """BSD loopback: the address family in the byte order of a little-endian host; 30 is IPv6 on Darwin."""
    return struct.pack("<I", 2 if packet[0] >> 4 == 4 else 30) + packet


def gre(packet):
    return struct.pack("!HH", 0, ethertype(packet)) + packet


def vxlan(network, frame):
    return struct.pack("!II", 0x08000000, network << 8) + frame
