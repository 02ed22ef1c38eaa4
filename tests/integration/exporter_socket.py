#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--web.systemd-socket: the exporter answers on the sockets that it is handed, also those
who came before it was there, and says so when there are none."""
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from exporter import Folder, Program, workplace  # noqa: E402
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402

# As systemd does it: the sockets become descriptors 3, 4, ...; the variables name the process.
HAND_OVER = """import os, sys
fds = sys.argv[1].split(",") if sys.argv[1] else []
for i, fd in enumerate(fds):
    os.dup2(int(fd), 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
os.execv(sys.argv[2], sys.argv[2:])
"""


def handing_over(fds, *command):
    return [sys.executable, "-c", HAND_OVER, ",".join(map(str, fds)), *command]


def far(fd):
    """Out of the way of descriptors 3 and 4."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD, 100)


def listener(family, host):
    s = socket.socket(family)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((host, 0))
    s.listen()
    return s


def listeners():
    yield listener(socket.AF_INET, "127.0.0.1")
    try:
        yield listener(socket.AF_INET6, "::1")
    except OSError:
        yield listener(socket.AF_INET, "127.0.0.1")  # a machine without IPv6


def get(address, path="/livez"):
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    with urllib.request.urlopen(f"http://{host}:{address[1]}{path}", timeout=60) as r:
        return r.read().decode()


def every_socket_is_answered(binary, store, place):
    sockets = list(listeners())
    early = socket.create_connection(sockets[0].getsockname()[:2], timeout=60)
    early.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
    fds = [far(s.fileno()) for s in sockets]
    with Program(place, *handing_over(fds, binary, "--store.dir", store.path, "--web.systemd-socket"),
                 pass_fds=fds) as exporter:
        exporter.wait_for("msg=listening")
        assert b"ok\n" in early.makefile("rb").read(), "one who came before was not answered"
        for s in sockets:
            assert get(s.getsockname()) == "ok\n"
        wait_for("the route", lambda: "bandit_route_info" in get(sockets[1].getsockname(), "/metrics"))
    for fd in fds:
        os.close(fd)


def systemd_hands_over(binary, store, place):
    """The same by systemd's own tool, where it is installed."""
    activate = shutil.which("systemd-socket-activate")
    if not activate:
        print("systemd-socket-activate is not installed")
        return
    address = ("127.0.0.1", free_port())
    with Program(place, activate, f"--listen={address[0]}:{address[1]}", binary, "--store.dir",
                 store.path, "--web.systemd-socket") as exporter:
        exporter.wait_for("Listening on")
        assert get(address) == "ok\n"


def nothing_handed_over_is_said(binary, store):
    def complaint(*command, **options):
        run = subprocess.run(command, capture_output=True, text=True, timeout=90, **options)
        assert run.returncode == 1, run
        return run.stderr

    flags = (binary, "--store.dir", store.path, "--web.systemd-socket")
    assert "systemd handed over no sockets" in complaint(*flags)
    foreign = dict(os.environ, LISTEN_PID="1", LISTEN_FDS="1")
    assert "systemd handed over no sockets" in complaint(*flags, env=foreign)
    with tempfile.TemporaryFile() as f:
        fd = far(f.fileno())
        said = complaint(*handing_over([fd], *flags), pass_fds=[fd])
        assert "descriptor 3 is no socket that listens" in said, said
        os.close(fd)


def main(binary):
    with workplace() as place:
        store = Folder(os.path.join(place, "routes"))
        store.put("digits")
        every_socket_is_answered(binary, store, place)
        systemd_hands_over(binary, store, place)
        nothing_handed_over_is_said(binary, store)


if __name__ == "__main__":
    main(*sys.argv[1:])
