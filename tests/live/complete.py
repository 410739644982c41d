#!/usr/bin/python3
"""Until complete: what is left to be exercised is told, and when it has been, portproof stops by itself.

usage: complete.py PORTPROOF          exit status 77: no namespace can be made here (skipped)
"""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

import namespace

SITE = """name: two hosts
hosts:
  - {name: tta1, address: 10.9.0.1, roles: [tarantella-server]}
  - {name: ldap1, address: 10.9.0.2, roles: [ldap-server]}
features: {ldap: on}
"""
DEADLINE_S = 40


def until(condition, seconds):
    end = time.time() + seconds
    while not condition() and time.time() < end:
        time.sleep(0.05)
    return condition()


def main(portproof):
    namespace.ip("link", "set", "lo", "up")
    for address in ("10.9.0.1/32", "10.9.0.2/32"):
        namespace.ip("address", "add", address, "dev", "lo")
    with tempfile.TemporaryDirectory() as folder:
        site, report = pathlib.Path(folder) / "site.yaml", pathlib.Path(folder) / "report.json"
        site.write_text(SITE)
        live = subprocess.Popen([*portproof.split(), "live", "-i", "lo", "--site", str(site), "--until-complete", "--refresh", "1s", "--duration", "%ds" % DEADLINE_S,
                                 "--format", "json", "-o", str(report)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        words = []
        threading.Thread(target=lambda: words.extend(live.stderr), daemon=True).start()
        if not until(lambda: any("live on" in line for line in words), 10):
            return "it does not listen: %s" % words
        started = time.time()
        seen = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        seen.bind(("10.9.0.1", 0))
        seen.sendto(b"both are there", ("10.9.0.2", 9))
        if not until(lambda: any("tta-ldap" in line and "tta1" in line and "ldap1" in line for line in words), 10):
            return "what is left was not told: %s" % words
        listener = socket.create_server(("10.9.0.2", 389))
        with socket.create_connection(("10.9.0.2", 389), timeout=2, source_address=("10.9.0.1", 0)):
            listener.accept()[0].close()
        try:
            live.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            live.kill()
        if time.time() - started > DEADLINE_S / 2:
            return "it did not stop by itself: %s" % words
        rows = {row["id"]: row["state"] for row in json.loads(report.read_text())["rows"]}
        if rows["tta-ldap"] != "expected":
            return "tta-ldap is %s" % rows["tta-ldap"]
    return None


if __name__ == "__main__":
    namespace.enter()
    sys.exit(main(sys.argv[1]))
