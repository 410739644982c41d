"""The ways in which firewalls get broken by a migration, one run each, and what a report must say of each."""
import dataclasses

from network import ROUTER, ROUTER_ADDRESS

OUTCOMES = {"drop": "silent", "reject": "rejected", "reset": "refused"}
TO_CLIENTS = ("client-http", "client-https", "client-aip", "client-aips")
REVERSE = ("app-tta-nbns", "app-tta-nbss", "app-tta-lpd", "app-tta-x11", "app-tta-lb")
ONE_WAY_ROWS = ("app-tta-lb",)  # silence back is healthy there: a router that sees the datagram arrive cannot tell


@dataclasses.dataclass
class Breakage:
    name: str
    about: str
    closed: list = dataclasses.field(default_factory=list)  # (row, from, to) that the firewall forgets
    deny: str = "drop"  # what it does to packets that it has no rule for
    lost: list = dataclasses.field(default_factory=list)  # (row, from, to) whose replies it drops
    opened: list = dataclasses.field(default_factory=list)  # (from, to, port) that it lets through and should not
    reason: str = ""  # why opened ones are unexpected
    seen_at: str = ROUTER  # where the breakage can be seen

    def broken(self):
        """The edges that must be reported as blocked."""
        return [edge for edge in self.closed + self.lost if edge[0] not in ONE_WAY_ROWS]

    @property
    def outcome(self):
        return OUTCOMES[self.deny]

    def blocked_by(self, target):
        """Who the packets say is in the way: nobody, the router, or, as far as a forged reset goes, the target itself."""
        return {"drop": None, "reject": ROUTER_ADDRESS, "reset": target}[self.deny]


HEALTHY = Breakage("healthy", "The firewall is the port list.")
BREAKAGES = [
    Breakage("dropped", "LDAP from one array member is dropped.", closed=[("tta-ldap", "tta1", "ldap1")]),
    Breakage("rejected", "Print jobs to the primary are rejected with ICMP.", closed=[("app-tta-lpd", "app1", "tta1")], deny="reject"),
    Breakage("reset", "Terminal services are answered with a forged reset.", closed=[("tta-app-rdp", "tta1", "app1")], deny="reset"),
    Breakage("member-forgotten", "Clients reach one array member and not the other.", closed=[(row, "client1", "tta2") for row in TO_CLIENTS]),
    Breakage("reverse-forgotten", "Rows from the application server back to the array are forgotten.", closed=[(row, "app1", "tta1") for row in REVERSE]),
    Breakage("peer-one-way", "The array members reach each other one way only.", closed=[("tta-tta-peer", "tta1", "tta2")]),
    Breakage("peer-open", "Clients reach the array's own port.", opened=[("client1", "tta1", 5427)], reason="wrong-source"),
    Breakage("replies-lost", "Replies of LDAPS to one member are dropped: only that member can tell.", lost=[("tta-ldaps", "tta1", "ldap1")],
             seen_at="tta1"),
]
