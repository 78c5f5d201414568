#!/usr/bin/env bash
# A patch that comes too early is dropped, and counted as received.
#
# Library:  json-joy 18.28.0 (npm), JSON CRDT
# Guess:    patches carry logical times, so one that arrives before the one it builds on is kept for later, or refused.
# Seen:     what it does is left out without an error, while the clock of the model moves on past it. When the earlier
#           patch has come as well, the model's clock for the author equals that of a complete model, yet the letter
#           and the object's key are missing, also after saving and loading. Only the same patch sent again mends it,
#           and nobody who compares clocks would send it.
# Matters:  a version vector says "I have all up to here". If it counts what was dropped, every repair that compares
#           vectors believes the loss to be data.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact json-joy@18.28.0
cat >run.cjs <<'JS'
const assert = require('node:assert/strict')
const { Model } = require('json-joy/lib/json-crdt')

const author = Model.create(undefined, 1_000_001)
author.api.set({ note: 'ab', tasks: {} })
author.api.flush()
const start = author.toBinary()
const reader = (id) => Model.fromBinary(start).fork(id)

const edits = {
  letters: () => author.api.str(['note']).ins(author.view().note.length, 'c'),
  'more letters': () => author.api.str(['note']).ins(author.view().note.length, 'd'),
  object: () => author.api.obj(['tasks']).set({ milk: {} }),
  'its key': () => author.api.obj(['tasks', 'milk']).set({ done: true }),
}
const patches = Object.values(edits).map((edit) => {
  edit()
  return author.api.flush()
})

const heardOf = (model) => model.clock.peers.get(1_000_001).time
const take = (model, order) => {
  for (const at of order) model.applyPatch(patches[at])
  return { view: JSON.stringify(model.view()), heardOf: heardOf(model) }
}
const inOrder = take(reader(2_000_001), [0, 1, 2, 3])
const swapped = reader(3_000_001)
const seen = take(swapped, [1, 0, 3, 2])
const loaded = JSON.stringify(Model.fromBinary(swapped.toBinary()).view())
const again = take(swapped, [1, 3])
console.log('in order:            ', inOrder.view, 'clock', inOrder.heardOf)
console.log('second before first: ', seen.view, 'clock', seen.heardOf)
console.log('saved and loaded:    ', loaded)
console.log('early ones once more:', again.view, 'clock', again.heardOf)
assert.equal(inOrder.view, '{"note":"abcd","tasks":{"milk":{"done":true}}}')
assert.equal(seen.view, '{"note":"abc","tasks":{"milk":{}}}')
assert.equal(loaded, seen.view)
assert.equal(seen.heardOf, inOrder.heardOf)
assert.equal(again.view, inOrder.view)
JS
node run.cjs
