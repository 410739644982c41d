#!/usr/bin/python3
"""What cannot be written is said, in one line, by every command; a reader that went away is no failure worth a word. And a
write that a signal cut short goes on where it stopped.

usage: outputs.py PORTPROOF CAPTURE
"""
import fcntl
import os
import signal
import subprocess
import sys
import time


def commands(capture):
    site = ["--site", capture.replace(".pcap", ".site.yaml")]
    yield from (["analyze", "-f", "csv", capture], ["plan", *site], ["rules", "export", "-f", "nftables", *site])
    yield from (["analyze", capture], ["flows", capture], ["discover", capture], ["explain", "22"], ["rules", "list"], ["rules", "check"],
                ["rules", "export"], ["filter"])


def run(arguments, out):
    return subprocess.run(arguments, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60)


def to_a_reader_that_went_away(arguments):
    """SIGPIPE ignored, as under many supervisors: the write itself fails."""
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
    child.stdout.close()
    errors = child.stderr.read()
    child.wait(60)
    return errors


def blocked(pid):
    """Until a child sleeps: here, in the write that found its pipe full."""
    for _ in range(1000):
        with open("/proc/%d/stat" % pid) as stat:
            if stat.read().rpartition(")")[2].split()[0] == "S":
                return
        time.sleep(0.005)


def through_a_narrow_pipe(arguments):
    """One page of pipe, filled; then a stop and a continue end the write with what the pipe took (pipe(7), signal(7))."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    child = subprocess.Popen(arguments, stdout=writer)
    os.close(writer)
    blocked(child.pid)
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    os.kill(child.pid, signal.SIGCONT)
    with open(reader, "rb") as pipe:
        text = pipe.read()
    return child.wait(60), text


def main(portproof, capture):
    wrong = 0
    whole = [portproof, "rules", "export"]
    status, text = through_a_narrow_pipe(whole)
    if status != 0 or len(text) <= 4096 or text != subprocess.run(whole, stdout=subprocess.PIPE, timeout=60).stdout:
        wrong += 1
        print("rules export through a narrow pipe: exit %d, %d bytes" % (status, len(text)))
    for command in commands(capture):
        with open("/dev/full", "w") as full:
            done = run([portproof, *command], full)
        if done.returncode != 3 or done.stderr.count("\n") != 1 or "No space left" not in done.stderr:
            wrong += 1
            print("%s to a full disk: exit %d, %r" % (" ".join(command), done.returncode, done.stderr))
        errors = to_a_reader_that_went_away([portproof, *command])
        if errors:
            wrong += 1
            print("%s to nobody: %r" % (" ".join(command), errors))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
