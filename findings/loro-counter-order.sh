#!/usr/bin/env bash
# Two replicas at one version show 1 and 0.
#
# Library:  loro-crdt 1.17.1 (npm), LoroCounter
# Guess:    a counter adds up increments, and a sum does not depend on the order. Equal versions show equal values.
# Seen:     increments are floating-point numbers, added in the order in which they arrive. Of 1e16, 1 and -1e16 in
#           two causal orders one replica makes 1 and the other 0; both report the same frontiers, and a third
#           replica that loads the snapshot of either shows what that one shows.
# Matters:  convergence is said of states, users see values. Sums of floating-point numbers converge only in an order
#           that all share; or the counter is exact.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact loro-crdt@1.17.1
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { LoroDoc } from 'loro-crdt'

const replica = (peer) => {
  const doc = new LoroDoc()
  doc.setPeerId(peer)
  return doc
}
const add = (doc, amount) => {
  doc.getCounter('total').increment(amount)
  doc.commit()
}
const total = (doc) => doc.getCounter('total').value
const frontiers = (doc) => doc.frontiers().map(({ peer, counter }) => `${counter}@${peer}`).sort()

const [a, b] = [replica(1n), replica(2n)]
add(a, 1e16)
b.import(a.export({ mode: 'update' }))
add(b, 1)
add(a, -1e16)
const [fromA, fromB] = [a, b].map((doc) => doc.export({ mode: 'update' }))
a.import(fromB)
b.import(fromA)

const [ofA, ofB] = [a, b].map((doc) => LoroDoc.fromSnapshot(doc.export({ mode: 'snapshot' })))
console.log('a:', total(a), frontiers(a).join(' '), 'loaded elsewhere:', total(ofA))
console.log('b:', total(b), frontiers(b).join(' '), 'loaded elsewhere:', total(ofB))
assert.deepEqual(frontiers(a), frontiers(b))
assert.deepEqual([total(a), total(b)], [1, 0])
assert.deepEqual([total(ofA), total(ofB)], [1, 0])
JS
node run.mjs
