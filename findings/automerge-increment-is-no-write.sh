#!/usr/bin/env bash
# A key that is set beside its removal stays; a counter that is incremented beside its removal is gone.
#
# Library:  @automerge/automerge 3.5.0 (npm), Counter
# Guess:    an increment is a write like any other. A concurrent write keeps a key that somebody removes, so the
#           counter stays, with the increment.
# Seen:     number and counter stand side by side and are removed together; the other replica sets the one and
#           increments the other. The number stays with its new value, the counter is gone and the increment with it.
#           In a list it is the same: the number set stays, the counter incremented does not.
# Matters:  "edits win over removals" is what people remember of a map. Whether counting is an edit decides if counts
#           are lost; both are sound, but a map has to do one of them for all its values, or say which.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact @automerge/automerge@3.5.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import * as Automerge from '@automerge/automerge'

function beside(start, remove, change) {
  const begun = Automerge.from(start, { actor: 'aa' })
  const other = Automerge.clone(begun, { actor: 'bb' })
  const [a, b] = [Automerge.change(begun, remove), Automerge.change(other, change)]
  const [ab, ba] = [Automerge.merge(Automerge.clone(a), b), Automerge.merge(Automerge.clone(b), a)]
  assert.deepEqual(Automerge.getHeads(ab), Automerge.getHeads(ba))
  assert.equal(JSON.stringify(ab), JSON.stringify(ba))
  return JSON.stringify(ab)
}

const map = beside(
  { number: 5, counter: new Automerge.Counter(5) },
  (doc) => { delete doc.number; delete doc.counter },
  (doc) => { doc.number = 6; doc.counter.increment(1) },
)
const list = beside(
  { all: [5, new Automerge.Counter(5)] },
  (doc) => { doc.all.splice(0, 2) },
  (doc) => { doc.all[0] = 6; doc.all[1].increment(1) },
)
console.log('map, both removed; number set, counter incremented: ', map)
console.log('list, both removed; number set, counter incremented:', list)
assert.equal(map, '{"number":6}')
assert.equal(list, '{"all":[6]}')
JS
node run.mjs
