#!/usr/bin/env python3
"""Wrong on purpose: every node counts for itself."""
import json
import sys

count = 0
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "generate":
        count += 1
        reply["id"] = count
    print(json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}), flush=True)
