#!/usr/bin/env python3
"""A broadcast node in a few lines: it floods the neighbours that it is told of."""
import json
import sys

node, neighbours, seen = None, [], set()


def send(dest, **body):
    print(json.dumps({"src": node, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    source, body = message["src"], message["body"]
    match body["type"]:
        case "init":
            node = body["node_id"]
            answer = {}
        case "topology":
            neighbours = body["topology"][node]
            answer = {}
        case "broadcast":
            if body["message"] not in seen:
                seen.add(body["message"])
                for neighbour in neighbours:
                    if neighbour != source:
                        send(neighbour, type="broadcast", message=body["message"])
            answer = {}
        case "read":
            answer = {"messages": sorted(seen)}
    if "msg_id" in body:
        send(source, type=body["type"] + "_ok", in_reply_to=body["msg_id"], **answer)
