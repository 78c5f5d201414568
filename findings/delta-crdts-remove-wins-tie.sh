#!/usr/bin/env bash
# The set named for its removals keeps the element on a tie, and a register on a tie keeps whatever was there first.
#
# Library:  delta-crdts 0.10.3 (npm)
# Guess:    in `rwlwwset` (remove wins, last write wins) an addition and a removal at one time end as a removal. In
#           `lwwreg` two writes at one time end as the same value on both replicas, whatever the values are.
# Seen:     the element stays in the set, on both replicas. The register agrees for two numbers; for two objects,
#           and for a number beside a word, each replica keeps its own value for good.
# Matters:  a tie is where a type's name is a promise. And an order that some values lack is no order: replicas that
#           have seen the same writes differ, and no message will ever mend it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact delta-crdts@0.10.3
cat >run.cjs <<'JS'
const assert = require('node:assert/strict')
const Crdt = require('delta-crdts')

function exchanged(type, one, other) {
  const [a, b] = [Crdt(type)('a'), Crdt(type)('b')]
  const [fromA, fromB] = [one(a), other(b)]
  a.apply(fromB)
  b.apply(fromA)
  // Whole states, both ways, so that nothing can be said to be on its way still.
  const [stateA, stateB] = [a.state(), b.state()]
  a.apply(stateB)
  b.apply(stateA)
  const plain = (value) => (value instanceof Set ? [...value] : value)
  return [plain(a.value()), plain(b.value())]
}

const set = exchanged('rwlwwset', (a) => a.add(7, 'milk'), (b) => b.remove(7, 'milk'))
console.log('rwlwwset, added and removed at time 7:', JSON.stringify(set))
assert.deepEqual(set, [['milk'], ['milk']])

const write = (value) => (register) => register.write(7, value)
const numbers = exchanged('lwwreg', write(9), write(10))
const objects = exchanged('lwwreg', write({ by: 'a' }), write({ by: 'b' }))
const mixed = exchanged('lwwreg', write('nine'), write(10))
console.log('lwwreg, two numbers at time 7:', JSON.stringify(numbers))
console.log('lwwreg, two objects at time 7:', JSON.stringify(objects))
console.log('lwwreg, a word and a number at time 7:', JSON.stringify(mixed))
assert.deepEqual(numbers, [10, 10])
assert.deepEqual(objects, [{ by: 'a' }, { by: 'b' }])
assert.deepEqual(mixed, ['nine', 10])
JS
node run.cjs
