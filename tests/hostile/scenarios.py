"""Commands that go through every library, for who takes the memory away: each name has its words."""
import gzip
import subprocess


def scenarios(program, source, folder):
    after, site = source / "pcaps/after-migration.pcap", source / "pcaps/after-migration.site.yaml"
    judged = ["--site", site, "--format", "json", "-q"]
    (folder / "after.gz").write_bytes(gzip.compress(after.read_bytes()))
    subprocess.run(["zstd", "-q", after, "-o", folder / "after.zst"], check=True)
    subprocess.run([program, "analyze", after, *judged, "-o", folder / "after.json", "--bundle", folder / "after.tar.gz"], check=False)
    return {"gzip": ["analyze", folder / "after.gz", *judged], "zstd": ["analyze", folder / "after.zst", *judged],
            "filtered": ["analyze", after, *judged, "--filter", "tcp port 389 or udp"], "site": ["site", "check", site],
            "plan": ["plan", "--site", site, folder / "after.json"], "compare": ["compare", folder / "after.json", folder / "after.json"],
            "html": ["analyze", after, "--site", site, "--format", "html", "-q"], "rules": ["rules", "export", "--format", "json"],
            "bundle": ["analyze", after, *judged, "--bundle", folder / "out.tar.gz"], "verify": ["verify", folder / "after.tar.gz", after]}
