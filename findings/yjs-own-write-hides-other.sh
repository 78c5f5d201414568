#!/usr/bin/env bash
# A client that writes a key and takes its own write back also takes away what another wrote, unseen.
#
# Library:  yjs 13.6.33 (npm), Y.Map; pycrdt 0.14.13 (PyPI, on yrs 0.28), Map
# Guess:    a removal takes what its author saw; a concurrent write by another client stays, as it does when the
#           author removes the key without writing it first.
# Seen:     the write stays when its author's client number is the larger. When it is the smaller, the key is gone on
#           both: the map keeps one chain of writes a key, ordered by client number, shows the last, and the last is
#           the removed one. Both libraries do so. Client numbers are drawn at random, so half of all pairs lose it.
# Matters:  undo, drafts and toggles write and remove. A removal is of particular writes: what it has not seen has to
#           come out from under it, whoever's name is larger.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact yjs@13.6.33
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pycrdt==0.14.13
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import * as Y from 'yjs'

/** What both show after `edit` by one client beside a write of `theirs` by the other. */
function beside(edit, [editor, writer]) {
  const [a, b] = [editor, writer].map((client) => {
    const doc = new Y.Doc()
    doc.clientID = client
    return doc
  })
  const map = (doc) => doc.getMap('root')
  map(a).set('key', 'old')
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
  edit(map(a))
  map(b).set('key', 'theirs')
  const [fromA, fromB] = [a, b].map((doc) => Y.encodeStateAsUpdate(doc))
  Y.applyUpdate(a, fromB)
  Y.applyUpdate(b, fromA)
  assert.deepEqual(map(a).toJSON(), map(b).toJSON())
  return map(a).get('key') ?? 'nothing'
}

const remove = (map) => map.delete('key')
const writeAndRemove = (map) => {
  map.set('key', 'mine')
  map.delete('key')
}
const seen = {
  'removed, writer larger': beside(remove, [1, 2]),
  'removed, writer smaller': beside(remove, [2, 1]),
  'written and removed, writer larger': beside(writeAndRemove, [1, 2]),
  'written and removed, writer smaller': beside(writeAndRemove, [2, 1]),
}
for (const [name, value] of Object.entries(seen)) console.log(`yjs, ${name}: ${value}`)
assert.deepEqual(Object.values(seen), ['theirs', 'theirs', 'theirs', 'nothing'])
JS
node run.mjs
cat >run.py <<'PY'
from pycrdt import Doc, Map


def beside(edit, editor, writer):
    """What both show after `edit` by one client beside a write by the other."""
    a, b = Doc(client_id=editor), Doc(client_id=writer)
    for doc in [a, b]:
        doc["root"] = Map()
    a["root"]["key"] = "old"
    b.apply_update(a.get_update())
    edit(a["root"])
    b["root"]["key"] = "theirs"
    from_a, from_b = a.get_update(), b.get_update()
    a.apply_update(from_b)
    b.apply_update(from_a)
    assert a["root"].to_py() == b["root"].to_py()
    return a["root"].to_py().get("key", "nothing")


def remove(root):
    del root["key"]


def write_and_remove(root):
    root["key"] = "mine"
    del root["key"]


seen = [beside(edit, *pair) for edit in [remove, write_and_remove] for pair in [(1, 2), (2, 1)]]
print("pycrdt, the same four:", seen)
assert seen == ["theirs", "theirs", "theirs", "nothing"]
PY
env/bin/python run.py
