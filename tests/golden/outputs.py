#!/usr/bin/python3
"""What cannot be written is said, in one line, by every command; a reader that went away is no failure worth a word.

usage: outputs.py PORTPROOF CAPTURE
"""
import signal
import subprocess
import sys


def commands(capture):
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


def main(portproof, capture):
    wrong = 0
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
