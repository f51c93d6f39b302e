"""Run a command in a network namespace of its own, where nothing but loopback can be reached.

Needs Linux and the right to make namespaces (root, or unprivileged user namespaces). Where that is refused,
the program says so and exits with 77, so that the part is counted as not run and never as passed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from typing import NoReturn

NEW_USER, NEW_NET = 0x10000000, 0x40000000
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1
NOT_RUN = 77


def isolate() -> None:
    """Leave the network; as an ordinary user through a user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = NEW_NET if os.geteuid() == 0 else NEW_NET | NEW_USER
    if libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def loopback_up() -> None:
    """Switch on the one interface that the namespace has: tests have servers of their own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(probe, GET_FLAGS, request))
        fcntl.ioctl(probe, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))


def main() -> NoReturn:
    try:
        isolate()
        loopback_up()
    except OSError as error:
        print(f"not run: no network namespace can be made here ({error.strerror})", file=sys.stderr)
        sys.exit(NOT_RUN)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
