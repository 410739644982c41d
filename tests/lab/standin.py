#!/usr/bin/python3
"""Stand-ins for programs that Debian has not: the display protocol, the array, load balancing, SecurID, the Netlet.

usage: standin.py serve ADDRESS PORT/tcp|udp...     answer every line with itself
       standin.py call ADDRESS PORT/tcp|udp         send a line, expect it back
       standin.py sink ADDRESS PORT/udp             hear datagrams, answer none
       standin.py tell ADDRESS PORT/udp             send a line twice, expect nothing
       standin.py rexec ADDRESS USER PASSWORD CMD   the C library's own rexec(3)
"""
import ctypes
import selectors
import socket
import sys
import time

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
LINE = b"a line of the lab\n"


def split(port):
    number, transport = port.split("/")
    return int(number), transport


def serve(address, *ports):
    events = selectors.DefaultSelector()
    for number, transport in map(split, ports):
        listener = socket.socket(socket.AF_INET, KINDS[transport])
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, number))
        if transport == "tcp":
            listener.listen()
        events.register(listener, selectors.EVENT_READ, "listener" if transport == "tcp" else "datagram")
    while True:
        for key, _ in events.select():
            answer(events, key.fileobj, key.data)


def answer(events, end, kind):
    try:
        if kind == "listener":
            events.register(end.accept()[0], selectors.EVENT_READ, "connection")
        elif kind == "datagram":
            data, sender = end.recvfrom(2048)
            end.sendto(data, sender)
        else:
            data = end.recv(2048)
            if data:
                end.sendall(data)
            else:
                events.unregister(end)
                end.close()
    except OSError:
        if kind == "connection":
            events.unregister(end)
            end.close()


def sink(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind((address, split(port)[0]))
        while True:
            end.recv(2048)


def call(address, port):
    number, transport = split(port)
    with socket.socket(socket.AF_INET, KINDS[transport]) as end:
        end.settimeout(4)  # longer than a silent attempt takes to be one
        end.connect((address, number))
        end.sendall(LINE)
        if end.recv(2048) != LINE:
            sys.exit("another answer")


def tell(address, port):
    number, transport = split(port)
    with socket.socket(socket.AF_INET, KINDS[transport]) as end:
        end.connect((address, number))
        end.sendall(LINE)
        time.sleep(0.3)
        end.sendall(LINE)  # fails if the first one was rejected


def rexec(address, user, password, words):
    libc = ctypes.CDLL(None, use_errno=True)
    host = ctypes.c_char_p(address.encode())
    end = libc.rexec(ctypes.byref(host), socket.htons(512), user.encode(), password.encode(), words.encode(), None)
    if end < 0:
        sys.exit("rexec failed")
    with socket.socket(fileno=end) as connection:
        print(connection.recv(2048))


what, *arguments = sys.argv[1:]
{"serve": serve, "sink": sink, "call": call, "tell": tell, "rexec": rexec}[what](*arguments)
