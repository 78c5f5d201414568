#!/usr/bin/env bash
# One pop, agreed on by all, takes another element from each replica.
#
# Library:  pysyncobj 0.3.17 (PyPI), under CPython 3
# Guess:    `ReplSet.pop` goes through the log of the consensus like every other change, so all nodes end with the
#           same set.
# Seen:     what goes through the log is the call, and each node then pops an arbitrary element of its own set. Text
#           hashes differently in each process, so the three nodes, at one index of one log, lose different elements.
#           Nothing reports it.
# Matters:  replicated state machines and operation logs carry decisions, not questions. Whoever picks has to put
#           the choice into the operation; the order of a hashed collection never enters it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pysyncobj==0.3.17
cat >node.py <<'PY'
"""A node: a replicated set that is told what to do on STDIN, one JSON array a line."""

import json
import sys
import time

from pysyncobj import SyncObj
from pysyncobj.batteries import ReplSet

people = ReplSet()
node = SyncObj(sys.argv[1], sys.argv[2:], consumers=[people])


def applied(index):
    """Waits until this node has applied the log up to an index, at most 30 seconds."""
    end = time.monotonic() + 30
    while node.getStatus()["last_applied"] < index and time.monotonic() < end:
        time.sleep(0.01)
    return node.getStatus()["last_applied"]


def ready():
    end = time.monotonic() + 30
    while not node.isReady() and time.monotonic() < end:
        time.sleep(0.01)
    return node.isReady()


does = {
    "ready": ready,
    "add": lambda who: people.add(who, sync=True, timeout=30),
    "pop": lambda: people.pop(sync=True, timeout=30),
    "index": lambda: node.getStatus()["last_applied"],
    "applied": applied,
    "read": lambda: sorted(people.rawData()),
}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(does[name](*arguments)), flush=True)
PY
cat >run.py <<'PY'
import json
import os
import socket
import subprocess
import sys

sockets = [socket.socket() for _ in range(3)]
for each in sockets:
    each.bind(("127.0.0.1", 0))
addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
for each in sockets:
    each.close()

nodes = []


def ask(node, *words):
    nodes[node].stdin.write(json.dumps(words) + "\n")
    nodes[node].stdin.flush()
    return json.loads(nodes[node].stdout.readline())


def everyone():
    """All three sets, once all three nodes have applied what node 0 has."""
    index = ask(0, "index")
    assert [ask(node, "applied", index) for node in range(3)] == [index] * 3
    return index, [ask(node, "read") for node in range(3)]


try:
    for rank, address in enumerate(addresses):
        peers = [peer for peer in addresses if peer != address]
        # Python draws such a seed for every process; fixed here so that each run is the same.
        environment = dict(os.environ, PYTHONHASHSEED=str(rank + 1))
        command = [sys.executable, "node.py", address, *peers]
        nodes.append(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            )
        )
    assert all([ask(node, "ready") for node in range(3)])
    for who in ["ann", "bob", "cat", "dan", "eve"]:
        ask(0, "add", who)
    index, before = everyone()
    print(f"before, index {index}:", before)
    popped = ask(0, "pop")
    index, after = everyone()
    print(f"node 0 popped {popped!r}")
    print(f"after,  index {index}:", after)
    assert before[0] == before[1] == before[2], "equal before"
    assert all(len(people) == 4 for people in after), "one pop each"
    assert not after[0] == after[1] == after[2], "all nodes lost the same element: the behaviour has changed"
finally:
    for node in nodes:
        node.kill()
        node.wait()
PY
env/bin/python run.py
