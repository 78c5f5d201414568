#!/usr/bin/env python3
"""Wrong on purpose: it ends with an error at its third request."""
import json
import sys

for count, line in enumerate(sys.stdin):
    message = json.loads(line)
    body = message["body"]
    if count == 3:
        raise SystemExit(f"out of luck at {body['type']}")
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "echo":
        reply["echo"] = body["echo"]
    print(json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}), flush=True)
