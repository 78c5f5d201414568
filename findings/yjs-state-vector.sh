#!/usr/bin/env bash
# Two documents of equal version vectors show different texts.
#
# Library:  yjs 13.6.33 (npm), and the same format in pycrdt 0.14.13 (PyPI)
# Guess:    the state vector says what a document has seen; where two are equal there is nothing to exchange.
# Seen:     a removal adds nothing to the vector. After one person has cleared the text both vectors are equal, byte
#           for byte, in both libraries, and the texts are not. The update that either would send the other is not
#           empty in that case, nor when both are equal: all removals ever made are sent each time.
# Matters:  anti-entropy that compares vectors and stops when they agree never carries a removal that was lost on the
#           way. Every change has to move the digest, removals included.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >init.log
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact yjs@13.6.33
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pycrdt==0.14.13
cat >run.mjs <<'JS'
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import * as Y from 'yjs'

const [a, b] = [1, 2].map((client) => {
  const doc = new Y.Doc()
  doc.clientID = client
  return doc
})
a.getText('note').insert(0, 'secret')
Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
a.getText('note').delete(0, 6)

const vectors = [a, b].map((doc) => Buffer.from(Y.encodeStateVector(doc)).toString('hex'))
const missing = Y.encodeStateAsUpdate(a, Y.encodeStateVector(b))
writeFileSync('a.update', Y.encodeStateAsUpdate(a))
writeFileSync('b.update', Y.encodeStateAsUpdate(b))
console.log('yjs: texts', JSON.stringify([a, b].map((doc) => doc.getText('note').toString())), 'vectors', vectors)
assert.deepEqual([a, b].map((doc) => doc.getText('note').toString()), ['', 'secret'])
assert.equal(vectors[0], vectors[1])

Y.applyUpdate(b, missing)
const converged = Y.encodeStateAsUpdate(a, Y.encodeStateVector(b))
const empty = Y.encodeStateAsUpdate(new Y.Doc())
console.log('bytes from a to b: before', missing.length, 'when equal', converged.length, 'if empty', empty.length)
assert.equal(b.getText('note').toString(), '')
assert.ok(converged.length === missing.length && converged.length > empty.length)
JS
node run.mjs
cat >run.py <<'PY'
from pathlib import Path

from pycrdt import Doc, Text

seen = []
for name in ["a", "b"]:
    doc = Doc()
    doc["note"] = Text()
    doc.apply_update(Path(f"{name}.update").read_bytes())
    seen.append((str(doc["note"]), doc.get_state().hex()))
print("pycrdt: texts", [text for text, _ in seen], "vectors", [vector for _, vector in seen])
assert [text for text, _ in seen] == ["", "secret"]
assert seen[0][1] == seen[1][1]
PY
env/bin/python run.py
