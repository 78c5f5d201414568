#!/usr/bin/env bash
# A write that failed with a time-out is sent afterwards, and overwrites what others wrote in between.
#
# Library:  nats-py 2.16.0 (PyPI) with nats-server 2.9.10 (Debian), key-value bucket
# Guess:    `put` raised a time-out while the server was down, so the write either had been sent before, or never
#           will be.
# Seen:     the client kept the message in its buffer. When it had reconnected, seconds after the error, it sent the
#           old write for the first time. Meanwhile another client had written a newer value; the old one now stands
#           over it, with a later revision, and nobody is told. `update` with the revision that was read, which fails
#           in the same way, comes too late as well, and is refused.
# Matters:  an error is not an outcome. Only writes that name what they expect are safe to give up on; a checker has
#           to treat such a failure as a write that may happen at any later time.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -o APT::Sandbox::User=root --quiet=2 'nats-server=2.9.10*'
dpkg --extract nats-server_*.deb server
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check nats-py==2.16.0
cat >run.py <<'PY'
import asyncio
import socket
import subprocess

import nats
from nats.errors import TimeoutError

SERVER = "server/usr/sbin/nats-server"
PAUSE_BEFORE_RECONNECT = 8

with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    PORT = taken.getsockname()[1]


class Server:
    """One nats-server with its data on disk, which can be killed and started again."""

    def start(self):
        command = [SERVER, "-a", "127.0.0.1", "-p", str(PORT), "-js", "-sd", "data", "-l", "log"]
        self.process = subprocess.Popen(command)

    def kill(self):
        self.process.kill()
        self.process.wait()


async def quiet(error):
    """Refused connections while the server is down are expected."""


async def connect(**options):
    for _ in range(200):
        try:
            return await nats.connect(
                f"nats://127.0.0.1:{PORT}", error_cb=quiet, connect_timeout=2, **options
            )
        except OSError:
            await asyncio.sleep(0.05)
    raise SystemExit("the server does not answer")


async def patiently(what):
    """Tries again while JetStream starts."""
    for _ in range(100):
        try:
            return await what()
        except Exception:
            await asyncio.sleep(0.1)
    return await what()


async def beside(server, write):
    """The key after `write` fails in one client, another writes, and the first has reconnected."""
    server.start()
    reconnected = asyncio.Event()

    async def back():
        reconnected.set()

    one = await connect(
        reconnect_time_wait=PAUSE_BEFORE_RECONNECT, max_reconnect_attempts=-1, reconnected_cb=back
    )
    store = await patiently(lambda: one.jetstream(timeout=1).create_key_value(bucket=write.__name__))
    first = await store.put("key", b"first")
    server.kill()
    while one.is_connected:
        await asyncio.sleep(0.01)
    try:
        await write(store, first)
        raise SystemExit("the write was acknowledged")
    except TimeoutError:
        failed = True
    server.start()
    other = await connect(allow_reconnect=False)
    theirs = await patiently(lambda: other.jetstream().key_value(write.__name__))
    newer = await patiently(lambda: theirs.put("key", b"newer"))
    assert not reconnected.is_set(), "the order of the steps"
    await asyncio.wait_for(reconnected.wait(), 60)
    await one.flush(10)
    await asyncio.sleep(1)
    last = await theirs.get("key")
    print(f"{write.__name__}: timed out {failed}; another wrote at revision {newer};", end=" ")
    print(f"after the reconnect {last.value.decode()!r} at revision {last.revision}")
    await one.close()
    await other.close()
    server.kill()
    return last.value


async def put(store, _):
    await store.put("key", b"old")


async def update(store, revision):
    await store.update("key", b"old", last=revision)


server = Server()
try:
    assert asyncio.run(beside(server, put)) == b"old"
    assert asyncio.run(beside(server, update)) == b"newer"
finally:
    server.kill()
PY
env/bin/python run.py
