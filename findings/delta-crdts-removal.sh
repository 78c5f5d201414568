#!/usr/bin/env bash
# What a removal returns removes nothing on the replica that applies it.
#
# Library:  delta-crdts 0.10.3 (npm)
# Guess:    a mutator returns a delta, so applying what `remove` returned takes the element out elsewhere.
# Seen:     for the type `aworset` the element stays. Only the whole state of the remover takes it out: the context
#           of the delta of a removal holds the pair of replica and count as if the pair were a replica's name.
#           The set that stands beside it, `rworset`, carries its removals.
# Matters:  a replicator that sends deltas and keeps whole states for newcomers loses every removal, and its replicas
#           differ until somebody happens to send a whole state. A delta has to suffice alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact delta-crdts@0.10.3
cat >run.cjs <<'JS'
const assert = require('node:assert/strict')
const Crdt = require('delta-crdts')

function removeBy(type, carry) {
  const [a, b] = [Crdt(type)('a'), Crdt(type)('b')]
  b.apply(a.add('milk'))
  const delta = a.remove('milk')
  b.apply(carry(delta, a))
  return { remover: [...a.value()], other: [...b.value()], context: [...(delta.cc?.cc ?? [])] }
}

const byDelta = removeBy('aworset', (delta) => delta)
const byState = removeBy('aworset', (_, a) => a.state())
const sibling = removeBy('rworset', (delta) => delta)
console.log('aworset, delta sent:', JSON.stringify(byDelta))
console.log('aworset, state sent:', JSON.stringify(byState))
console.log('rworset, delta sent:', JSON.stringify(sibling))
assert.deepEqual(byDelta, { remover: [], other: ['milk'], context: [[['a', 1], null]] })
assert.deepEqual(byState.other, [])
assert.deepEqual(sibling.other, [])
JS
node run.cjs
