#!/usr/bin/env python3
"""An echo that ends its lines with a carriage return, and now and then with both."""
import json
import sys

said = 0
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "echo":
        reply["echo"] = body["echo"]
    said += 1
    end = "\r" if said % 3 else "\r\n"
    sys.stdout.buffer.write(
        (json.dumps({"src": message["dest"], "dest": message["src"], "body": reply}) + end).encode()
    )
    sys.stdout.buffer.flush()
