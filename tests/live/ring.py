#!/usr/bin/python3
"""Packets read where the kernel put them are those that libpcap would have handed out: with the VLAN tag that was taken out of them, cut at the
snap length but of their length on the wire, and none that the filter refuses, not even of those that came before it was set.

usage: ring.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import subprocess
import sys
import threading
import time

import namespace

FRAMES = 2000
SNAP = 128


def tagged(frame, vlan):
    return frame[:12] + (0x8100).to_bytes(2, "big") + vlan.to_bytes(2, "big") + frame[12:]


def send(frames):
    raw = namespace.sender("left")
    for number, frame in enumerate(frames):
        raw.send(frame)
        if number % 50 == 49:
            time.sleep(0.001)


def both(portproof, frames, *options):
    """The same packets through the ring itself, and through libpcap, which "any" is left to. Gives the first's capture."""
    here, any_one = namespace.Live(portproof, "-i", "right", *options), namespace.Live(portproof, "-i", "any", *options)
    send(frames)
    time.sleep(0.3)
    one, other = here.stop(), any_one.stop()
    for report in (one, other):
        namespace.check_sums(report)
    if one["summary"] != other["summary"] or not one["summary"]["out_of_scope"] + one["summary"]["undetermined"] + one["summary"]["unexpected"]:
        sys.exit("in place: %s; through libpcap: %s" % (one["summary"], other["summary"]))
    return one["captures"][0]


def before_the_filter(portproof):
    """Somebody sends all the time, while it begins to listen."""
    running = True

    def flood():
        raw = namespace.sender("left")
        while running:
            raw.send(namespace.udp_frame(5000, 6000))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(5):
            live = namespace.Live(portproof, "-i", "right", "--filter", "udp dst port 9")
            send([namespace.udp_frame(1024 + number) for number in range(100)])
            time.sleep(0.3)
            report = live.stop()
            namespace.check_sums(report)
            if report["counters"]["decoded"] != 100:
                sys.exit("100 packets pass the filter, %s were judged" % report["counters"]["decoded"])
    finally:
        running = False
        thread.join()


def main(portproof):
    namespace.veth("left", "right")
    small = [namespace.udp_frame(1024 + number) for number in range(FRAMES)]
    capture = both(portproof, small)
    if capture["packets"] != FRAMES or capture["bytes"] != FRAMES * len(small[0]):
        sys.exit("%d frames of %d bytes: %s" % (FRAMES, len(small[0]), capture))
    capture = both(portproof, [tagged(frame, 7) for frame in small])
    if capture["packets"] != FRAMES or capture["bytes"] != FRAMES * (len(small[0]) + 4):
        sys.exit("%d tagged frames of %d bytes: %s" % (FRAMES, len(small[0]) + 4, capture))
    large = [namespace.udp_frame(1024 + number, payload=1400) for number in range(FRAMES)]
    capture = both(portproof, large, "--snap-length", str(SNAP))
    if capture["bytes"] != FRAMES * SNAP:
        sys.exit("%d frames cut at %d bytes: %s" % (FRAMES, SNAP, capture))
    before_the_filter(portproof)
    filtered = subprocess.run([portproof, "live", "-i", "right", "--filter", "no such thing", "--duration", "1s"], capture_output=True, text=True)
    if filtered.returncode != 3:
        sys.exit("a filter that makes no sense: %s" % filtered.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    namespace.enter()
    main(sys.argv[1])
