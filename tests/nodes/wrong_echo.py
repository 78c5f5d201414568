#!/usr/bin/env python3
"""Wrong on purpose: an echo that shouts."""
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "echo":
        reply["echo"] = body["echo"].upper()
    print(json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}), flush=True)
