"""Headless Chromium through chromedriver's plain WebDriver interface (https://www.w3.org/TR/webdriver2/)."""
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SKIPPED = 77

# The smallest contrast of any text with what is behind it (WCAG 2.1, 1.4.3), with the text.
CONTRAST = """
const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const color = parse(getComputedStyle(node).backgroundColor);
    if (color.length < 4 || color[3] > 0.99) return color;
  }
  return [255, 255, 255];
};
let worst = [99, ""];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
  const parent = node.parentElement;
  if (!node.data.trim() || !parent.checkVisibility() || parent.closest("script, style, noscript")) continue;
  const a = light(parse(getComputedStyle(parent).color)), b = light(behind(parent));
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < worst[0]) worst = [contrast, node.data.trim().slice(0, 60)];
}
return worst;
"""


def there():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


def needed():
    """Exits with 77 where there is no browser."""
    if not there():
        print("skipped: needs chromium and chromium-driver")
        sys.exit(SKIPPED)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Browser:
    def __init__(self):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        environment = dict(os.environ, HOME=self.folder.name)
        self.driver = subprocess.Popen(["chromedriver", "--port=%d" % self.port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + self.folder.name + "/profile"]
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "unhandledPromptBehavior": "ignore", "goog:loggingPrefs": {"browser": "ALL"},
                                                   "goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")}}}}
        for _ in range(100):
            try:
                self.session = "/session/" + self.post("/session", wanted)["sessionId"]
                return
            except urllib.error.URLError:  # not yet listening
                time.sleep(0.1)
        sys.exit("chromedriver does not answer")

    def post(self, path, value):
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path), json.dumps(value).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.post(self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        return self.post(self.session + "/execute/sync", {"script": script, "args": arguments})

    def text(self, selector):
        return self.run("return Array.from(document.querySelectorAll(arguments[0]), (node) => node.textContent).join('\\n')", selector)

    def press(self, *keys):
        """Keys as somebody presses them, one after the other: Tab is \\ue004, Enter \\ue007."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post(self.session + "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def resize(self, width, height=900):
        self.post(self.session + "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def prefer(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.post(self.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}})

    def complaints(self):
        """What the console said that is bad, since the last time."""
        return [entry["message"] for entry in self.post(self.session + "/se/log", {"type": "browser"}) if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.get("/screenshot")))

    def get(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d%s%s" % (self.port, self.session, path), timeout=60) as answer:
            return json.load(answer)["value"]

    def printed(self):
        """A PDF, on A4 where the page does not say otherwise."""
        return base64.b64decode(self.post(self.session + "/print", {"page": {"width": 21.0, "height": 29.7}}))

    def end(self):
        try:
            urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, self.session), method="DELETE"), timeout=20).close()
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait(20)
        self.folder.cleanup()
