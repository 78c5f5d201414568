#!/usr/bin/env bash
# A sketch merged with itself reads another number than it does.
#
# Library:  datasketches 5.2.0 (PyPI)
# Guess:    a HyperLogLog sketch is a lattice: registers that only grow. So the order of the items does not matter,
#           and a union with itself changes nothing.
# Seen:     20,000 items forwards and backwards read as two different numbers; the sketch in a union with itself as
#           a third, and this third is also what the union of its two halves reads. Beside the registers a sketch
#           keeps an estimate that depends on the order in which items came, and a union gives it up.
# Matters:  sketches travel as states that merge. Two nodes that have seen the same items show different counts, and
#           a message that comes twice moves the count. Equality has to be that of what is read, or replicas read
#           through a union, always.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check datasketches==5.2.0
cat >run.py <<'PY'
from datasketches import hll_sketch, hll_union, tgt_hll_type

ITEMS = 20_000
LG_REGISTERS = 12


def sketch(items):
    made = hll_sketch(LG_REGISTERS, tgt_hll_type.HLL_8)
    for item in items:
        made.update(item)
    return made


def union(*sketches):
    together = hll_union(LG_REGISTERS)
    for each in sketches:
        together.update(each)
    return together.get_result(tgt_hll_type.HLL_8).get_estimate()


forwards = sketch(range(ITEMS))
backwards = sketch(reversed(range(ITEMS)))
halves = [sketch(range(ITEMS // 2)), sketch(range(ITEMS // 2, ITEMS))]
seen = {
    "forwards": forwards.get_estimate(),
    "backwards": backwards.get_estimate(),
    "forwards with itself": union(forwards, forwards),
    "forwards with backwards": union(forwards, backwards),
    "first half with second": union(*halves),
}
for name, estimate in seen.items():
    print(f"{name:24} {estimate:10.1f}")
one, other, *merged = seen.values()
assert len(set(merged)) == 1, "all unions read alike"
assert len({one, other, merged[0]}) == 3, "orders and unions read alike: the behaviour has changed"
PY
env/bin/python run.py
