#!/usr/bin/env bash
# Large whole numbers change their type when written, and beyond 2^63 their value; negative ones by how they came in.
#
# Library:  @automerge/automerge 3.5.0 (npm)
# Guess:    a JavaScript number is a double; a document that takes it gives back the same number, or refuses it.
# Seen:     from 2^53-1 on, JavaScript's largest safe integer, a whole number comes back as a bigint, so adding 1 to
#           what was read raises an error; from 2^63 on it comes back as 2^63-1, whatever it was, without an error. Two
#           different numbers written by two people are then one. Negative ones stay as they are in a document made
#           by `from`, and end at -2^63 when the same value is set by `change`.
# Matters:  a range that ends silently turns sums and identifiers into others, and a value must not depend on the door
#           it came in by. Overflow is an error at the writer.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact @automerge/automerge@3.5.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import * as Automerge from '@automerge/automerge'

const changed = (value) => Automerge.change(Automerge.init(), (doc) => { doc.value = value })
const from = (value) => Automerge.from({ value })
const read = (doc) => {
  const loaded = Automerge.load(Automerge.save(doc))
  return [doc.value, loaded.value]
}
const written = [2 ** 53 - 2, 2 ** 53 - 1, 2 ** 62, 2 ** 63, 1e20, -1e20]
const seen = written.map((value) => [...read(changed(value)), ...read(from(value))])
const show = (value) => `${typeof value} ${value}`
console.table(written.map((value, at) => ({
  written: show(value), change: show(seen[at][0]), loaded: show(seen[at][1]), from: show(seen[at][2]),
  'loaded ': show(seen[at][3]),
})))

const largest = 2n ** 63n - 1n
const all = (value) => Array(4).fill(value)
assert.deepEqual(seen, [
  all(2 ** 53 - 2), all(2n ** 53n - 1n), all(2n ** 62n), all(largest), all(largest),
  [-(2n ** 63n), -(2n ** 63n), -1e20, -1e20],
])
assert.throws(() => changed(2 ** 53 - 1).value + 1, TypeError)
JS
node run.mjs
