#!/usr/bin/env bash
# Moving brings a removed element back, setting it does not.
#
# Library:  loro-crdt 1.17.1 (npm), LoroMovableList
# Guess:    one rule for a removal beside a concurrent change of the same element, whatever the change is.
# Seen:     beside a concurrent move the element is back, where the move put it; beside a concurrent write of a new
#           value it is gone, and the written value with it. Which peer has the larger id makes no difference.
# Matters:  "a removal takes what it has seen" and "an edit wins" are both sound; a list that follows one rule for
#           places and another for values has to say so, since an interface that lets people drag and edit meets both.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact loro-crdt@1.17.1
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { LoroDoc } from 'loro-crdt'

function beside(change, [remover, changer]) {
  const [a, b] = [remover, changer].map((peer) => {
    const doc = new LoroDoc()
    doc.setPeerId(peer)
    return doc
  })
  const list = (doc) => doc.getMovableList('steps')
  for (const step of ['x', 'y', 'z']) list(a).push(step)
  a.commit()
  b.import(a.export({ mode: 'update' }))
  list(a).delete(1, 1)
  a.commit()
  change(list(b))
  b.commit()
  const [fromA, fromB] = [a, b].map((doc) => doc.export({ mode: 'update' }))
  a.import(fromB)
  b.import(fromA)
  assert.deepEqual(list(a).toJSON(), list(b).toJSON())
  return list(a).toJSON()
}

for (const peers of [[1n, 2n], [2n, 1n]]) {
  const moved = beside((list) => list.move(1, 2), peers)
  const written = beside((list) => list.set(1, 'Y'), peers)
  console.log(`remover ${peers[0]}, other ${peers[1]}: y removed beside its move ${JSON.stringify(moved)},`,
    `beside a write of Y ${JSON.stringify(written)}`)
  assert.deepEqual(moved, ['x', 'z', 'y'])
  assert.deepEqual(written, ['x', 'z'])
}
JS
node run.mjs
