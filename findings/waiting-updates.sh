#!/usr/bin/env bash
# What waits for an earlier update is lost by saving: in Loro, and in one of two libraries of one format.
#
# Library:  loro-crdt 1.17.1 (npm); yjs 13.6.33 (npm) and pycrdt 0.14.13 (PyPI, on yrs 0.28), which share a format
# Guess:    an update that came before the one it builds on is kept until that comes. A snapshot, or the state as one
#           update, is the whole document, so a process that saves, restarts and loads goes on where it was.
# Seen:     Loro keeps what waits in memory only: no export holds it, so after a restart, or at a peer that hears of
#           the document only from here, it is missing, and nothing says so. Yjs writes what waits into the state that
#           it encodes. pycrdt reads and writes the same bytes, and leaves it out.
# Matters:  whoever has acknowledged an update must not lose it. What waits is part of the state: it is saved, and
#           passed on; and to share a format is not to share a promise.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact loro-crdt@1.17.1 yjs@13.6.33
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pycrdt==0.14.13
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { LoroDoc } from 'loro-crdt'
import * as Y from 'yjs'

const author = new LoroDoc()
author.setPeerId(1n)
author.getText('note').insert(0, 'first ')
author.commit()
const first = author.export({ mode: 'update' })
const seen = author.version()
author.getText('note').insert(6, 'second')
author.commit()
const second = author.export({ mode: 'update', from: seen })

const reader = new LoroDoc()
const status = reader.import(second)
const read = (doc) => doc.getText('note').toString()
const loro = {}
for (const mode of ['snapshot', 'update']) {
  const restarted = new LoroDoc()
  restarted.import(reader.export({ mode }))
  restarted.import(first)
  loro[mode] = read(restarted)
}
reader.import(first)
loro.memory = read(reader)
const waiting = [...status.pending.keys()]
console.log('Loro: waiting at the reader, from peers', waiting)
console.log('Loro, then the first update:', JSON.stringify(loro))
assert.deepEqual(waiting, ['1'])
assert.deepEqual(loro, { snapshot: 'first ', update: 'first ', memory: 'first second' })

const writer = new Y.Doc()
const updates = []
writer.on('update', (update) => updates.push(update))
writer.getText('note').insert(0, 'first ')
writer.getText('note').insert(6, 'second')
const early = new Y.Doc()
Y.applyUpdate(early, updates[1])
const restarted = new Y.Doc()
Y.applyUpdate(restarted, Y.encodeStateAsUpdate(early))
Y.applyUpdate(restarted, updates[0])
console.log('Yjs, saved, loaded, then the first update:', JSON.stringify(restarted.getText('note').toString()))
assert.equal(restarted.getText('note').toString(), 'first second')
JS
node run.mjs
cat >run.py <<'PY'
from pycrdt import Doc, Text


def note(client):
    doc = Doc(client_id=client)
    doc["note"] = Text()
    return doc


writer, updates = note(1), []
writer.observe(lambda event: updates.append(event.update))
writer["note"] += "first "
writer["note"] += "second"

early = note(2)
early.apply_update(updates[1])
restarted = note(3)
restarted.apply_update(early.get_update())
for doc in [restarted, early]:
    doc.apply_update(updates[0])
saved, memory = str(restarted["note"]), str(early["note"])
print(f"pycrdt, saved, loaded, then the first update: {saved!r}; in memory: {memory!r}")
assert (saved, memory) == ("first ", "first second")
PY
env/bin/python run.py
