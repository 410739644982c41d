#!/usr/bin/python3
"""Live on the loopback interface, with a connection that the Netlet row expects and one that nobody answers.

usage: loopback.py PORTPROOF          exit status 77: not allowed to capture here (skipped)
"""
import json
import socket
import subprocess
import sys
import threading
import time

import namespace

NETLET = 4000  # row client-netlet-login, on a client's own loopback


def main(portproof):
    live = subprocess.Popen([portproof, "live", "-i", "lo", "--duration", "4s", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    if live.poll() is not None:
        words = live.stderr.read()
        if "ermission" in words or "privilege" in words or "CAP_NET_RAW" in words:
            print("skipped: " + words.strip())
            return 77
        return words
    try:
        listener = socket.create_server(("127.0.0.1", NETLET))
    except OSError as why:
        live.kill()
        print("skipped: port %d is in use here (%s)" % (NETLET, why))
        return 77
    threading.Thread(target=namespace.serve, args=(listener,), daemon=True).start()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", NETLET)) as client:
            client.sendall(b"hello")
            client.recv(64)
    out, err = live.communicate(timeout=20)
    report = json.loads(out)
    row = next(row for row in report["rows"] if row["id"] == "client-netlet-login")
    if row["state"] != "expected" or row["flows"] != 3:
        return "row client-netlet-login: %s" % row
    if report["captures"][0]["drops"] is None or report["captures"][0]["format"] != "live":
        return "captures: %s" % report["captures"]
    if live.returncode != 2 or "live on lo" not in err:  # roles are inferred: never compliant
        return "exit status %d, errors: %s" % (live.returncode, err)
    return 0


sys.exit(main(sys.argv[1]))
