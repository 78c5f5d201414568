#!/usr/bin/env python3
"""A set, a broadcast node and logs whose empty lists are null, as a nil slice of Go's is."""
import json
import sys

values, logs, committed, shown = [], {}, {}, "value"
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    kind = body["type"]
    reply = {"type": kind + "_ok", "in_reply_to": body["msg_id"]}
    if kind == "topology":
        shown = "messages"
    elif kind in ("add", "broadcast"):
        values.append(body["element"] if kind == "add" else body["message"])
    elif kind == "read":
        reply[shown] = values or None
    elif kind == "send":
        log = logs.setdefault(body["key"], [])
        log.append(body["msg"])
        reply["offset"] = len(log) - 1
    elif kind == "poll":
        rest = {key: list(enumerate(logs.get(key, [])))[at:] for key, at in body["offsets"].items()}
        reply["msgs"] = {key: log or None for key, log in rest.items()}
    elif kind == "commit_offsets":
        committed.update(body["offsets"])
    elif kind == "list_committed_offsets":
        reply["offsets"] = {key: committed[key] for key in body["keys"] if key in committed}
    print(json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}), flush=True)
