"""What the tests of --listen share: portproof live with a page, and asking it, politely or not."""
import http.client
import re
import socket
import subprocess
import threading
import time

SITE = """name: two hosts
hosts:
  - {name: tta1, address: 10.9.0.1, roles: [tarantella-server]}
  - {name: ldap1, address: 10.9.0.2, roles: [ldap-server]}
features: {ldap: on}
"""
DURATION_S = 100  # never for ever, whatever goes wrong


def until(condition, seconds):
    end = time.time() + seconds
    while not condition() and time.time() < end:
        time.sleep(0.05)
    return condition()


class Page:
    """portproof live --listen, until it says where."""

    def __init__(self, portproof, listen, *options):
        self.words = []
        self.process = subprocess.Popen([*portproof.split(), "live", "-i", "lo", "--refresh", "1s", "--events", "none", "--format", "json", "--duration", "%ds" % DURATION_S,
                                         "--listen", listen, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.words.extend(self.process.stderr), daemon=True).start()
        until(lambda: self.where() or self.process.poll() is not None, 10)
        if not self.where():
            raise SystemExit("no page: %s" % self.words)
        self.host, self.port = self.where().group(1).strip("[]"), int(self.where().group(2))
        self.name = "%s:%d" % (self.where().group(1), self.port)
        self.url = "http://%s/" % self.name

    def where(self):
        return re.search(r"status page on http://(\S+):(\d+)/", "".join(self.words))

    def ask(self, path, method="GET", headers=(), body=None):
        """The answer, with its body read; `headers` go beside a proper Host or, when one of them is a Host, instead of it."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.putrequest(method, path, skip_host=any(name.lower() == "host" for name, _ in headers), skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def say(self, sent, source=None):
        """Bytes as they are, and what comes back until the connection ends."""
        with socket.create_connection((self.host, self.port), timeout=10, source_address=source) as connection:
            got = b""
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    got += piece
            except OSError:  # also where it was ended before all was said
                pass
            return got

    def end(self):
        """SIGTERM; how long it took to end."""
        begun = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        return time.monotonic() - begun


def hosts_talk(port, answered=True):
    """tta1 asks ldap1, both of this namespace's loopback."""
    listener = socket.create_server(("10.9.0.2", port)) if answered else None
    try:
        with socket.create_connection(("10.9.0.2", port), timeout=2, source_address=("10.9.0.1", 0)):
            listener.accept()[0].close()
    except ConnectionError:
        pass
    if listener:
        listener.close()
