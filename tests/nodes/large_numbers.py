#!/usr/bin/env python3
"""Ids beyond 64 bits, as other languages have them; counted in lin-kv, by numbers just as large."""
import json
import sys

BASE = 1 << 100
node, waiting, sent = None, {}, 0


def say(dest, body):
    print(json.dumps({"src": node, "dest": dest, "body": body}), flush=True)


def ask(body, then):
    global sent
    sent += 1
    waiting[sent] = then
    say("lin-kv", {**body, "key": "last", "msg_id": sent})


def generate(client, request):
    def read(body):
        known = body["type"] == "read_ok"
        last = body["value"] if known else BASE
        # A number that differs in the last digit only must not do.
        ask({"type": "cas", "from": last + 1, "to": 0}, lambda body: refused(body, last))

    def refused(body, last):
        if body["type"] == "cas_ok":
            sys.exit("a number was taken for its neighbour")
        cas = {"type": "cas", "from": last, "to": last + 1, "create_if_not_exists": True}
        ask(cas, lambda body: done(body, last + 1))

    def done(body, number):
        if body["type"] == "cas_ok":
            say(client, {"type": "generate_ok", "id": number, "in_reply_to": request})
        else:
            ask({"type": "read"}, read)

    ask({"type": "read"}, read)


for line in sys.stdin:
    message = json.loads(line)
    body = message["body"]
    if body["type"] == "init":
        node = body["node_id"]
        say(message["src"], {"type": "init_ok", "in_reply_to": body["msg_id"]})
    elif body["type"] == "generate":
        generate(message["src"], body["msg_id"])
    elif "in_reply_to" in body:
        waiting.pop(body["in_reply_to"])(body)
