"""The two capture formats, written byte by byte so that the same frames always give the same file."""
import struct

WRITER = b"portproof make-captures"


def cut(frame, snap_length):
    return frame[:snap_length] if snap_length else frame


def pcap(frames, link_type, snap_length, nanoseconds):
    out = [struct.pack("<IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snap_length or 262144, link_type)]
    for frame in frames:
        seconds, rest = divmod(frame.time, 10**9)
        kept = cut(frame.data, snap_length)
        out.append(struct.pack("<IIII", seconds, rest if nanoseconds else rest // 1000, len(kept), len(frame.data)) + kept)
    return b"".join(out)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body, options=()):
    body += b"".join(options) + (option(0, b"") if options else b"")
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def stamp(time, nanoseconds):
    units = time if nanoseconds else time // 1000
    return struct.pack("<II", units >> 32, units & 0xFFFFFFFF)


def pcapng(frames, interfaces, snap_length, nanoseconds, comment):
    """A section, its interfaces, the packets, and for each interface with known drop counts its statistics."""
    about = [option(1, comment.encode())] if comment else []
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1), about + [option(4, WRITER)])]
    for each in interfaces:
        known = [option(2, each.name.encode()), option(9, bytes([9 if nanoseconds else 6]))]
        out.append(block(1, struct.pack("<HHI", each.link_type, 0, snap_length or 0), known))
    for frame in frames:
        kept = cut(frame.data, snap_length)
        body = struct.pack("<I", frame.interface) + stamp(frame.time, nanoseconds) + struct.pack("<II", len(kept), len(frame.data))
        note = [option(1, frame.comment.encode())] if frame.comment else []
        out.append(block(6, body + kept + bytes(-len(kept) % 4), note))
    last = max((frame.time for frame in frames), default=0)
    for number, each in enumerate(interfaces):
        if each.drops is None:
            continue
        seen = sum(frame.interface == number for frame in frames)
        counts = [option(4, struct.pack("<Q", seen + each.drops)), option(5, struct.pack("<Q", each.drops))]
        out.append(block(5, struct.pack("<I", number) + stamp(last, nanoseconds), counts))
    return b"".join(out)
