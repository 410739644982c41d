"""The other side of failing.c: a program in which one call after the other fails, a process each."""
import os
import subprocess

SANITIZER = 99


def environment(**more):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("FAIL")}
    return dict(clean, ASAN_OPTIONS="exitcode=%d:detect_leaks=1:allocator_may_return_null=1" % SANITIZER, LSAN_OPTIONS="exitcode=%d" % SANITIZER,
                UBSAN_OPTIONS="halt_on_error=1:exitcode=%d" % SANITIZER, **more)


def each_failure(words, kind, error, step, before=lambda: None):
    """(k, exit status, whether a call failed, standard output, standard error) of each run, until none failed; `before` each of them."""
    results, theirs = os.pipe()
    orders, go = os.pipe()
    child = subprocess.Popen(words, pass_fds=[theirs, orders], stdin=subprocess.DEVNULL,
                             env=environment(FAIL="%s:%d:1:%d" % (kind, error, step), FAIL_TO=str(theirs), FAIL_GO=str(orders)))
    os.close(theirs)
    os.close(orders)
    try:
        with os.fdopen(results, "rb") as stream:
            hit = 1
            while hit:
                before()
                os.write(go, b"g")
                k, status, hit, out_size, err_size = map(int, stream.readline().split())
                yield k, status, hit, stream.read(out_size), stream.read(err_size)
    finally:
        os.close(go)
        child.wait()
