#!/usr/bin/env bash
# A message received twice vanishes from the digest, and a digest built from a list is always empty.
#
# Library:  @actual-app/crdt 3.1.3 (npm), its merkle trie over timestamps
# Guess:    the trie is a digest of the set of messages: the same message again changes nothing, and `build` of a list
#           gives what inserting each would.
# Seen:     the hashes are joined by exclusive or, so a second insertion takes the first one out: a trie with one
#           message received twice equals the empty one, and `diff` of the two says that nothing is missing. `insert`
#           gives back a new trie though it is described as changing its argument, and `build` drops what it gives
#           back: any two lists have equal, empty tries.
# Matters:  exclusive or is a digest of a set only for callers that insert each element once; under delivery at least
#           once the digest reports agreement where there is none. A digest has to follow from the set that is held.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact @actual-app/crdt@3.1.3
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { merkle, Timestamp } from '@actual-app/crdt'

const message = (minute) => Timestamp.parse(`2026-03-01T10:${minute}:00.000Z-0000-0123456789ABCDEF`)
const [first, second] = [message('01'), message('02')]
const inserted = (...messages) => messages.reduce(merkle.insert, merkle.emptyTrie())
const show = (millis) => (millis === null ? 'nothing' : `from ${new Date(millis).toISOString()} on`)

const [empty, once, twice] = [inserted(), inserted(first), inserted(first, first)]
console.log('hash: empty', empty.hash, 'once', once.hash, 'twice', twice.hash)
console.log('missing between once and empty: ', show(merkle.diff(once, empty)))
console.log('missing between twice and empty:', show(merkle.diff(twice, empty)))
assert.notEqual(once.hash, empty.hash)
assert.notEqual(merkle.diff(once, empty), null)
assert.equal(twice.hash, empty.hash)
assert.equal(merkle.diff(twice, empty), null)

const [one, both] = [merkle.build([first]), merkle.build([first, second])]
console.log('built of one message and of two:', one, both, 'missing:', show(merkle.diff(one, both)))
assert.deepEqual([one, both], [{ hash: 0 }, { hash: 0 }])
assert.notEqual(merkle.diff(inserted(first), inserted(first, second)), null)
JS
node run.mjs
