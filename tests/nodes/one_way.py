#!/usr/bin/env python3
"""Wrong on purpose: a set and a broadcast node that tells those behind it in the list, and nobody before it.
A set unless it is told to be a broadcast node: by the word, or by the topology that it is offered."""
import json
import sys

name, behind = None, []
shown = "messages" if "broadcast" in sys.argv else "value"
known = []


def say(dest, body):
    print(json.dumps({"src": name, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    kind = body["type"]
    answer = {"type": kind + "_ok", "in_reply_to": body.get("msg_id")}
    if kind == "init":
        name, nodes = body["node_id"], body["node_ids"]
        behind = nodes[nodes.index(name) + 1:]
    elif kind == "topology":
        shown = "messages"
    elif kind in ("add", "broadcast"):
        value = body["element"] if kind == "add" else body["message"]
        known.append(value)
        for node in behind:
            say(node, {"type": "news", "value": value})
    elif kind == "news":
        known.append(body["value"])
        continue
    elif kind == "read":
        answer[shown] = known
    say(message["src"], answer)
