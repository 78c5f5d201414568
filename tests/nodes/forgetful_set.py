#!/usr/bin/env python3
"""Wrong on purpose: a set that remembers only the last few of its elements."""
import json
import sys

elements = []
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "add":
        elements = [*elements[-4:], body["element"]]
    elif body["type"] == "read":
        reply["value"] = elements
    print(json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}), flush=True)
