#!/usr/bin/env bash
# A write of the value that is there already is no write, in two of three libraries, and there not for every type.
#
# Library:  loro-crdt 1.17.1, @automerge/automerge 3.5.0, yjs 13.6.33 (npm)
# Guess:    somebody who confirms a value while somebody else removes it has written it, after all or beside: the value
#           wins or the removal wins, by the library's rule, whichever value it is.
# Seen:     each keeps a key that a new value is written to beside its removal (Loro where the writer's peer id is the
#           larger, as here). But Loro and Automerge leave out a write of a value that equals the old one, so the
#           removal goes through: Loro every such write, Automerge those of numbers, booleans and null, but not of
#           strings. Yjs leaves out none.
# Matters:  a confirmed booking, a renewed lease or "still here" is a write of the same value. If it is dropped when
#           equal, a concurrent removal wins that would have lost, and the outcome depends on the old value.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact \
  loro-crdt@1.17.1 @automerge/automerge@3.5.0 yjs@13.6.33
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { LoroDoc } from 'loro-crdt'
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'

// Each: `key` is `before` at both; one removes it, the other writes `after`; then both hear of all. Is the key there?
const libraries = {
  Loro(before, after) {
    const [a, b] = [1n, 2n].map((peer) => {
      const doc = new LoroDoc()
      doc.setPeerId(peer)
      return doc
    })
    const map = (doc) => doc.getMap('root')
    map(a).set('key', before)
    a.commit()
    b.import(a.export({ mode: 'update' }))
    map(a).delete('key')
    map(b).set('key', after)
    const [fromA, fromB] = [a, b].map((doc) => doc.export({ mode: 'update' }))
    a.import(fromB)
    b.import(fromA)
    return [a, b].map((doc) => 'key' in map(doc).toJSON())
  },
  Automerge(before, after) {
    const start = Automerge.from({ key: before }, { actor: 'aa' })
    const other = Automerge.clone(start, { actor: 'bb' })
    const a = Automerge.change(start, (doc) => { delete doc.key })
    const b = Automerge.change(other, (doc) => { doc.key = after })
    return [[a, b], [b, a]].map(([one, two]) => 'key' in Automerge.merge(Automerge.clone(one), two))
  },
  Yjs(before, after) {
    const [a, b] = [1, 2].map((client) => {
      const doc = new Y.Doc()
      doc.clientID = client
      return doc
    })
    const map = (doc) => doc.getMap('root')
    map(a).set('key', before)
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
    map(a).delete('key')
    map(b).set('key', after)
    const [fromA, fromB] = [a, b].map((doc) => Y.encodeStateAsUpdate(doc))
    Y.applyUpdate(a, fromB)
    Y.applyUpdate(b, fromA)
    return [a, b].map((doc) => map(doc).has('key'))
  },
}

const writes = [['new value', 1, 2], ['equal number', 1, 1], ['equal boolean', true, true], ['equal null', null, null],
  ['equal string', 's', 's']]
const seen = {}
for (const [library, run] of Object.entries(libraries)) {
  seen[library] = {}
  for (const [name, before, after] of writes) {
    const [one, other] = run(before, after)
    assert.equal(one, other, 'the replicas agree')
    seen[library][name] = one ? 'kept' : 'removed'
  }
}
console.table(seen)
const [kept, removed] = ['kept', 'removed']
const row = (...cells) => Object.fromEntries(writes.map(([name], at) => [name, cells[at]]))
assert.deepEqual(seen, {
  Loro: row(kept, removed, removed, removed, removed),
  Automerge: row(kept, removed, removed, removed, kept),
  Yjs: row(kept, kept, kept, kept, kept),
})
JS
node run.mjs
