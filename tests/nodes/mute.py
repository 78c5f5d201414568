#!/usr/bin/env python3
"""Wrong on purpose: it listens and never answers, not even to init."""
import sys

print("I hear you", file=sys.stderr, flush=True)
for line in sys.stdin:
    pass
