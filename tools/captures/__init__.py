"""Captures from scenarios: scenario (what is written), play (what happens), packets (bytes), files (pcap, pcapng)."""
