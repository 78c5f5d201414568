#!/usr/bin/env python3
"""An echo whose nodes go on talking to each other, whatever happens."""
import json
import sys
import threading
import time

own, lock = None, threading.Lock()


def say(dest, body):
    with lock:
        print(json.dumps({"src": own, "dest": dest, "body": body}), flush=True)


def chatter(others):
    # Not before they are there.
    time.sleep(0.5)
    while True:
        for other in others:
            say(other, {"type": "chatter", "in_reply_to": 0})
        time.sleep(0.001)


for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    if body["type"] == "chatter":
        continue
    reply = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"]}
    if body["type"] == "init":
        own = body["node_id"]
        others = [node for node in body["node_ids"] if node != own]
        threading.Thread(target=chatter, args=[others], daemon=True).start()
    else:
        reply["echo"] = body["echo"]
    say(message["src"], reply)
