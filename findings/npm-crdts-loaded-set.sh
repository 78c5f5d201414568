#!/usr/bin/env bash
# A set that was saved and loaded can no longer remove what it holds, and two equal counters are not equal.
#
# Library:  crdts 0.2.0 (npm), ORSet, LWWSet and PNCounter
# Guess:    `from(JSON.parse(JSON.stringify(set)))` is the set; `isEqual` says whether two replicas have converged.
# Seen:     a loaded set reads as before, but a removal does nothing, without an error; the same removal in the set
#           that was not saved works. An element added again or merged after loading is kept twice, and its tags no
#           longer meet. Two counters that have merged with each other and hold the same counts are never equal, since
#           the replica's name counts as content.
# Matters:  a state has to behave after saving as before it, not only to read alike: round trips are tested by what
#           comes after them. And a replica's own name is no part of the state that replicas compare.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact crdts@0.2.0
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { LWWSet, ORSet, PNCounter } from 'crdts'

const loaded = (type, state) => type.from(JSON.parse(JSON.stringify(state)))

function removed(type, through) {
  const set = new type()
  set.add('milk', 1)
  const after = through(set)
  const before = after.toArray()
  after.remove('milk', 2)
  return `${JSON.stringify(before)} then ${JSON.stringify(after.toArray())}`
}
const seen = {}
for (const type of [ORSet, LWWSet]) {
  seen[type.name] = { 'never saved': removed(type, (set) => set), loaded: removed(type, (set) => loaded(type, set)) }
}
console.log('before and after a removal:')
console.table(seen)
for (const cell of Object.values(seen)) {
  assert.deepEqual(cell, { 'never saved': '["milk"] then []', loaded: '["milk"] then ["milk"]' })
}

const [mine, theirs] = [new ORSet(), new ORSet()]
mine.add('milk', 1)
theirs.merge(mine)
theirs.remove('milk')
const restarted = loaded(ORSet, mine)
restarted.merge(theirs)
mine.merge(theirs)
console.log("another's removal merged: never saved", mine.toArray(), 'loaded', restarted.toArray())
assert.deepEqual([mine.toArray(), restarted.toArray()], [[], ['milk']])

const [a, b] = [new PNCounter('a'), new PNCounter('b')]
a.increment(2)
b.decrement(1)
a.merge(b)
b.merge(a)
console.log('counters:', a.value, b.value, 'equal:', a.isEqual(b), JSON.stringify([a.toJSON(), b.toJSON()]))
assert.deepEqual([a.value, b.value, a.isEqual(b)], [1, 1, false])
assert.deepEqual([a.p._counters, a.n._counters], [b.p._counters, b.n._counters])
JS
node run.mjs
