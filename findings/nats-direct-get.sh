#!/usr/bin/env bash
# A client asks for what it has just had acknowledged, and gets an older value, even from the leader's own server.
#
# Library:  nats-server 2.9.10 (Debian), JetStream with three replicas and `allow_direct`; nats-py 2.16.0 (PyPI)
# Guess:    direct reads may be stale at a follower that lags; one client that publishes, waits for the
#           acknowledgement and reads on the same connection sees its own write, at the least when it is connected to
#           the leader and nothing fails.
# Seen:     of 1,000 writes, each read straight after its acknowledgement, up to a sixth came back older, and not fewer
#           for a client at the leader than for one at a follower: whichever replica answers, none waits until it has
#           applied what was acknowledged. Reads by way of the stream's leader, without `direct`, were all current.
# Matters:  key-value buckets are such streams, and there are clients that always turn direct reads on. A sequentially
#           consistent store on top has to read a prefix of the log that holds its own writes; a linearizable read has
#           to be a write.
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
from nats.js.api import StreamConfig

SERVER = "server/usr/sbin/nats-server"
WRITES = 1_000


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


async def patiently(what, attempts=100):
    """Tries again while the servers find each other."""
    for _ in range(attempts - 1):
        try:
            return await what()
        except Exception:
            await asyncio.sleep(0.3)
    return await what()


async def quiet(error):
    """Refused connections while the servers start are expected."""


def connect(port):
    return nats.connect(
        f"nats://127.0.0.1:{port}", connect_timeout=2, allow_reconnect=False, error_cb=quiet
    )


async def stale(js, first, direct):
    """How many of the writes were not seen by a read after their acknowledgement."""
    old = 0
    for value in range(first, first + WRITES):
        await js.publish("bucket.key", str(value).encode())
        message = await js.get_last_msg("BUCKET", "bucket.key", direct=direct)
        old += int(message.data) < value
    return old


async def measure(ports):
    setup = await patiently(lambda: connect(ports[0]))
    config = StreamConfig(
        name="BUCKET",
        subjects=["bucket.>"],
        num_replicas=3,
        max_msgs_per_subject=1,
        allow_direct=True,
    )
    await patiently(lambda: setup.jetstream().add_stream(config))
    leader = (await setup.jetstream().stream_info("BUCKET")).cluster.leader
    await setup.close()
    direct, by_leader = [], []
    for rank, port in enumerate(ports):
        client = await connect(port)
        js = client.jetstream(timeout=10)
        direct.append(await stale(js, 2 * rank * WRITES, True))
        by_leader.append(await stale(js, (2 * rank + 1) * WRITES, None))
        role = "leader" if f"s{rank}" == leader else "follower"
        print(f"client at the {role}: of {WRITES} own writes {direct[-1]} unseen by direct reads,")
        print(f"{'':12}{by_leader[-1]} by reads of the stream's leader")
        await client.close()
    assert sum(direct) > 0, "direct reads saw every own write: the behaviour has changed"
    assert sum(by_leader) == 0, "reads of the leader missed own writes: the behaviour has changed"


ports = free_ports(6)
routes = ",".join(f"nats-route://127.0.0.1:{port}" for port in ports[3:])
servers = []
try:
    for rank in range(3):
        command = [SERVER, "-a", "127.0.0.1", "-p", str(ports[rank]), "-n", f"s{rank}", "-js"]
        command += ["-sd", f"data/{rank}", "-l", f"{rank}.log", "--cluster_name", "findings"]
        command += ["--cluster", f"nats-route://127.0.0.1:{ports[3 + rank]}", "--routes", routes]
        servers.append(subprocess.Popen(command))
    asyncio.run(measure(ports[:3]))
finally:
    for server in servers:
        server.kill()
        server.wait()
PY
"server/usr/sbin/nats-server" --version
env/bin/python run.py
