"""Does a report name the breakage, and nothing else? Held against what was broken, and against which clients got through."""


def matches(side, name):
    return side.get("name", name) == name


def edges(report, row, source, target):
    """The edges of a row that stand for these two hosts; an edge of an array stands for both directions."""
    found = next(one for one in report["rows"] if one["id"] == row)["edges"]
    return [edge for edge in found if any(matches(edge["from"], one) and matches(edge["to"], other)
                                          for one, other in ((source, target), *([(target, source)] if row == "tta-tta-peer" else [])))]


def edge_text(row, edge):
    source, target = (edge[end].get("name", "any") for end in ("from", "to"))
    return "%s: %s -> %s is %s (%s)" % (row, source, target, edge["state"], edge.get("outcome", "never tried"))


def complain_broken(report, breakage, network):
    """Each edge that was broken: its row, its state, its outcome, and the finding that says who tried and who is in the way."""
    for (row, source, target), (outcome, by) in breakage.broken().items():
        if next(one for one in report["rows"] if one["id"] == row)["state"] != "blocked":
            yield "row %s is not blocked" % row
        for edge in edges(report, row, source, target):
            if (edge["state"], edge.get("outcome")) != ("blocked", outcome):
                yield edge_text(row, edge)
        found = [(one["outcome"], one.get("blocked_by")) for one in report["findings"] if one["kind"] == "blocked" and one["row"] == row
                 and (one["tried_by"].get("name"), one["tried_at"].get("name")) == (source, target)]
        if found != [(outcome, by and network.address(by))]:
            yield "row %s: findings of %s -> %s: %s" % (row, source, target, found)
    works = [one["row"] for one in report["findings"] if "other-family-works" in one["labels"]]
    if works != [row for row, _, _ in breakage.closed_ipv6]:
        yield "works over the other family: %s" % works


def complain_opened(report, breakage, network):
    got_through = [(one["initiator"]["address"], one["responder"]["address"], one["responder"]["port"], one["reason"])
                   for one in report["findings"] if one["kind"] == "unexpected" and one["got_through"]]
    if got_through != [(network.address(source), network.address(target), port, reason) for source, target, port, reason in breakage.unexpected]:
        yield "got through: %s" % got_through


def complain_others(report, breakage, absent, hidden):
    """Whatever was not broken works, and nothing else is said to be blocked."""
    broken = [id(edge) for row, source, target in breakage.broken() for edge in edges(report, row, source, target)]
    for row in report["rows"]:
        if row["id"] not in absent and row["id"] not in hidden:
            if not row["edges"]:
                yield "row %s has no edge" % row["id"]
            for edge in row["edges"]:
                if id(edge) not in broken and edge["due"] and edge["state"] != "expected":
                    yield edge_text(row["id"], edge)


def complain_account(report):
    """Live: every packet that was received was judged, or not, or dropped."""
    account = report["fitness"].get("account")
    if account and account["received"] != account["judged"] + account["not_judged"] + account["dropped"]:
        yield "account of live packets: %s" % account


def complain_clients(outcome, breakage):
    """Each client got through, or did not, as the firewall was set: else the lab itself is wrong."""
    for client, (good, log) in outcome.items():
        edge = (client.row, client.source, client.target)
        if good == (edge in breakage.broken() and edge not in breakage.closed_ipv6):
            yield "%s %s -> %s %s; it said: %s" % (*edge, "got through" if good else "did not get through", log.read_text()[-600:].strip())
