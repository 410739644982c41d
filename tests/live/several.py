#!/usr/bin/python3
"""Several interfaces at once: each is a capture of its own, and every packet is in the account of each it passed.

usage: several.py PORTPROOF SCHEMA          exit status 77: no namespace can be made here (skipped)
"""
import json
import pathlib
import socket
import sys
import time

import jsonschema

import namespace

FRAMES = 300


def check_pair(portproof, schema):
    live = namespace.Live(portproof, "-i", "left", "-i", "right", "-i", "lo")
    left = namespace.sender("left")
    for i in range(FRAMES):
        left.send(namespace.udp_frame(20000 + i % 100))
    local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(FRAMES):
        local.sendto(b"hello", ("127.0.0.1", 9))
    time.sleep(0.3)
    report = live.stop()
    namespace.check_sums(report)
    jsonschema.Draft202012Validator(schema).validate(report)
    captures = {capture["name"]: capture for capture in report["captures"]}
    if list(captures) != ["left", "right", "lo"]:
        return "captures: %s" % list(captures)
    for name in ("left", "right"):
        if captures[name]["packets"] != FRAMES or captures[name]["account"]["judged"] != FRAMES:
            return "%s: %s" % (name, captures[name])
        if captures[name]["account"]["interface_dropped"] != 0:
            return "%s does not say what it lost itself: %s" % (name, captures[name]["account"])
    loopback = captures["lo"]["account"]  # each datagram once, and the ICMP error that answers it
    if loopback["judged"] != 2 * FRAMES or loopback["not_judged"]["discarded"]:
        return "lo: %s" % loopback
    return None


def check_any(portproof, schema):
    live = namespace.Live(portproof, "-i", "any", "--filter", "udp port 9", "--snap-length", "96", "--ring-size", "1M", "--no-promiscuous")
    left = namespace.sender("left")
    for _ in range(FRAMES):
        left.send(namespace.udp_frame(20000))
    local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(10):
        local.sendto(b"hello", ("127.0.0.1", 9))
    time.sleep(0.3)
    report = live.stop()
    namespace.check_sums(report)
    jsonschema.Draft202012Validator(schema).validate(report)
    account, (capture,) = report["captures"][0]["account"], report["captures"]
    if account["interface_dropped"] is not None:
        return "any cannot know what interfaces lose: %s" % account
    # Out on one end and in on the other; on loopback the copy going out is libpcap's to discard.
    if account["judged"] != 2 * FRAMES + 10 or account["not_judged"]["discarded"] != 10 or capture["snap_length"] != 96:
        return "any: %s" % capture
    return None


def main(portproof, schema):
    namespace.enter()
    namespace.ip("link", "set", "lo", "up")
    namespace.veth("left", "right")
    schema = json.loads(pathlib.Path(schema).read_text())
    return check_pair(portproof, schema) or check_any(portproof, schema) or 0


sys.exit(main(*sys.argv[1:]))
