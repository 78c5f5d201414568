#!/usr/bin/env bash
# A counter reads 13 here and 14 there, at equal heads; the same document, saved and loaded, reads 14.
#
# Library:  @automerge/automerge 3.5.0 (npm), Counter
# Guess:    two replicas with the same heads show the same document, and loading what was saved changes nothing.
# Seen:     two people set a counter under one key concurrently, to 10 and to 11. Both merge and read 11. One
#           increments by 3: its own document now shows 13, the value of the counter that lost, while everyone else,
#           and itself after saving and loading, reads 14. The heads are equal; getConflicts is right throughout.
# Matters:  who increments sees what nobody else sees, and acts on it. A read has to be a function of the state alone,
#           not of how the state came about; a test compares every reader of equal states.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact @automerge/automerge@3.5.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import * as Automerge from '@automerge/automerge'

const empty = Automerge.from({}, { actor: '00' })
const set = (actor, value) =>
  Automerge.change(Automerge.clone(empty, { actor }), (doc) => { doc.total = new Automerge.Counter(value) })
let [a, b] = [set('aa', 10), set('bb', 11)]
a = Automerge.merge(a, b)
b = Automerge.merge(b, a)
const before = [a, b].map((doc) => doc.total.value)

a = Automerge.change(a, (doc) => doc.total.increment(3))
b = Automerge.merge(b, a)
const loaded = Automerge.load(Automerge.save(a))
const rows = { 'who incremented': a, 'who merged': b, 'the first, saved and loaded': loaded }
console.log('before:', before)
for (const [name, doc] of Object.entries(rows)) {
  const heads = Automerge.getHeads(doc).map((head) => head.slice(0, 8)).join(' ')
  const conflicts = Object.values(Automerge.getConflicts(doc, 'total')).map((counter) => counter.value)
  console.log(`${name}: ${doc.total.value}, heads ${heads}, conflicts ${conflicts.join(' and ')}`)
}
assert.deepEqual(before, [11, 11])
for (const doc of [b, loaded]) assert.deepEqual(Automerge.getHeads(doc), Automerge.getHeads(a))
assert.deepEqual(Object.values(rows).map((doc) => doc.total.value), [13, 14, 14])
JS
node run.mjs
