#!/usr/bin/python3
"""Trim a recording to what says how each connection went: its first packets each way, and how it began and ended; headers only.

usage: trim.py FROM.pcap TO.pcap.gz
"""
import collections
import gzip
import struct
import sys

SNAP_LENGTH = 96  # all headers, and a few bytes of what rsh and rexec announce
FIRST_PACKETS = 4  # of each flow and direction, at each interface
LINK = {1: (14, 12), 276: (20, 0)}  # link type: length of its header, where the EtherType is (Ethernet, Linux cooked v2)
SYN_FIN_RST = 0x07


def flow_of(frame, link):
    """(what to count, whether to keep it in any case), or None: not IPv4."""
    length, at = LINK[link]
    if struct.unpack_from(">H", frame, at)[0] != 0x0800:
        return None
    ip = frame[length:]
    transport = ip[(ip[0] & 15) * 4:]
    if ip[9] == 6:
        return (frame[4:8] if link == 276 else b"", ip[9], ip[12:20], transport[:4]), bool(transport[13] & SYN_FIN_RST)
    return (frame[4:8] if link == 276 else b"", ip[9], ip[12:20], transport[:4]), ip[9] == 1


def trim(data):
    header = struct.unpack("<IHHiIII", data[:24])
    link, counts, at = header[6], collections.Counter(), 24
    yield struct.pack("<IHHiIII", *header[:5], SNAP_LENGTH, link)
    while at + 16 <= len(data):
        seconds, fraction, captured, wire = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        found = flow_of(frame, link)
        if found:
            counts[found[0]] += 1
            if found[1] or counts[found[0]] <= FIRST_PACKETS:
                kept = frame[:SNAP_LENGTH]
                yield struct.pack("<IIII", seconds, fraction, len(kept), wire) + kept


with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target, gzip.GzipFile("", "wb", 9, target, 0) as packed:
    for part in trim(source.read()):
        packed.write(part)
