"""Trim a recording to what says how each connection went: its first packets each way, and how it began and ended. Payload becomes
dots, but for the port numbers that rsh and rexec announce."""
import collections
import struct

SNAP_LENGTH = 96
FIRST_PACKETS = 3  # of each flow and direction; the third of an rsh session says where to connect back
LINK = {1: (14, 12), 113: (16, 14)}  # Ethernet, Linux cooked: length of the header, where its EtherType is
IPV4, IPV6, TCP, UDP = 0x0800, 0x86DD, 6, 17
SYN_FIN_RST, SYN_RST = 0x07, 0x06
OUTGOING = b"\x00\x04"  # Linux cooked: passed on by the router, which has been seen to get it, or made by it
ANNOUNCING = (512, 514)


def headers(frame, link):
    """(network header, protocol, where the transport header begins), or None: not IP."""
    length, at = LINK[link]
    kind = struct.unpack_from(">H", frame, at)[0]
    if kind == IPV4:
        return frame[length + 12:length + 20], frame[length + 9], length + (frame[length] & 15) * 4
    if kind == IPV6:
        return frame[length + 8:length + 40], frame[length + 6], length + 40
    return None


def blanked(frame, at, protocol):
    if protocol == TCP:
        payload = at + (frame[at + 12] >> 4) * 4
    else:
        payload = at + 8
    return frame[:payload] + b"." * (len(frame) - payload)


def keep(frame, link, counts):
    """The frame as it is kept, or None."""
    found = headers(frame, link)
    if not found:
        return None
    addresses, protocol, at = found
    if protocol not in (TCP, UDP):
        return frame
    ports = struct.unpack_from(">HH", frame, at)
    flow = (addresses, protocol, ports)
    passed_on = link == 113 and frame[:2] == OUTGOING
    counts[flow] += not passed_on
    telling = SYN_RST if passed_on else SYN_FIN_RST
    if (passed_on or counts[flow] > FIRST_PACKETS) and not (protocol == TCP and frame[at + 13] & telling):
        return None
    return frame if protocol == TCP and set(ports) & set(ANNOUNCING) else blanked(frame, at, protocol)


def trimmed(data):
    header = struct.unpack("<IHHiIII", data[:24])
    link, counts, at = header[6], collections.Counter(), 24
    parts = [struct.pack("<IHHiIII", *header[:5], SNAP_LENGTH, link)]
    while at + 16 <= len(data):
        seconds, fraction, captured, wire = struct.unpack_from("<IIII", data, at)
        frame = keep(data[at + 16:at + 16 + captured], link, counts)
        at += 16 + captured
        if frame:
            frame = frame[:SNAP_LENGTH]
            parts.append(struct.pack("<IIII", seconds, fraction, len(frame), wire) + frame)
    return b"".join(parts)
