/** Mistakes in the store: what is durable, whose it is, and what the chain proves. */
import type { PlantedBug } from '../planted-bug.ts'

const DATABASE = 'src/engine/embedded/store/database.ts'
const STORE = 'src/engine/embedded/store/sqlite-store.ts'
const COMMIT = 'src/engine/embedded/group-commit.ts'
const OWNERS = 'src/engine/embedded/folder/owners-store.ts'
const VIEWS = 'src/engine/embedded/views.ts'
const SEAL = 'src/kernel/journal/seal.ts'
const BLOBS = 'src/engine/embedded/store/blob-table.ts'
const BLOB_FILES = 'src/engine/embedded/folder/blob-files.ts'

export const STORE_BUGS: readonly PlantedBug[] = [
  {
    name: 'fsync left to SQLite',
    breaks: ['J1', 'E2'],
    because: 'with a write-ahead log `normal` is what most guides advise; it loses commits in a power cut',
    edits: [{ file: DATABASE, text: 'pragma synchronous = full', instead: 'pragma synchronous = normal' }],
  },
  {
    name: 'fsync off',
    breaks: ['J1', 'E2'],
    because: 'it was switched off for a benchmark and stayed off',
    edits: [{ file: DATABASE, text: 'pragma synchronous = full', instead: 'pragma synchronous = off' }],
  },
  {
    name: 'a checkpoint is not synced',
    breaks: ['J1'],
    because: 'the log is synced by ourselves, so SQLite need not sync anything',
    edits: [{ file: DATABASE, text: "'pragma synchronous = normal'", instead: "'pragma synchronous = off'" }],
  },
  {
    name: 'answered while the log is being synced',
    breaks: ['E3'],
    because: 'the sync has been asked for, and the disk will do it',
    edits: [
      {
        file: OWNERS,
        text: 'syncing === undefined ? durable() : syncing.then(durable)',
        instead: 'durable()',
      },
    ],
  },
  {
    name: 'told before it is durable',
    breaks: ['E3'],
    because: 'a reader sees what has been committed, as with any database',
    edits: [
      { file: VIEWS, text: '    await this.#settled()\n    return view', instead: '    return view' },
      { file: VIEWS, text: '      await this.#settled()\n      yield* views', instead: '      yield* views' },
    ],
  },
  {
    name: 'blob file not synced',
    breaks: ['T4'],
    because: 'the rename looks like what makes it durable',
    edits: [{ file: BLOB_FILES, text: '    fsyncSync(fd)\n', instead: '' }],
  },
  {
    name: 'blob under its name before it is whole',
    breaks: ['T4'],
    because: 'a draft and a rename look like one file too many',
    edits: [{ file: BLOB_FILES, text: 'const draft = `${path}.draft`', instead: 'const draft = path' }],
  },
  {
    name: 'acknowledged before COMMIT',
    breaks: ['E3', 'T4'],
    because: 'one loop over the batch instead of two',
    edits: [
      {
        file: COMMIT,
        text: 'for (const entry of batch) for (const step of entry.steps) step.apply()',
        instead: 'for (const entry of batch) for (const step of entry.steps) { step.apply(); step.done() }',
      },
      {
        file: COMMIT,
        text: 'for (const entry of batch.slice(from, to)) for (const step of entry.steps) step.done()\n',
        instead: '\n',
      },
    ],
  },
  {
    name: 'failed commit taken for success',
    breaks: ['T5'],
    because: 'the next batch will write it again, somebody thought',
    edits: [
      {
        file: COMMIT,
        text:
          "const error = storeError(thrown, 'the store')\n    this.stop(error)\n    this.#fail(batch, error)\n" +
          '    this.#onFailure(error)',
        instead: 'this.#done(batch)',
      },
    ],
  },
  {
    name: 'failed commit does not stop the store',
    breaks: ['T5'],
    because: 'only those of the batch are told; the others may go on',
    edits: [
      {
        file: COMMIT,
        text: '    this.stop(error)\n    this.#fail(batch, error)\n    this.#onFailure(error)',
        instead: '    this.#fail(batch, error)\n    this.#isRunning = false',
      },
    ],
  },
  {
    name: 'epoch unchecked',
    breaks: ['T1'],
    because: 'the lock keeps others out, so why read a row in every commit',
    edits: [{ file: STORE, text: '        checkEpoch()\n', instead: '' }],
  },
  {
    name: 'epoch bumped late',
    breaks: ['T1'],
    because: 'an owner that writes nothing need not raise it',
    edits: [
      { file: STORE, text: "    tables.meta.set('epoch', String(next))\n    return next", instead: '    return next' },
      {
        file: STORE,
        text: '    if (now !== epoch)',
        instead: "    if (now === epoch - 1) tables.meta.set('epoch', String(epoch))\n    else if (now !== epoch)",
      },
    ],
  },
  {
    name: 'two owners of one folder',
    breaks: ['T1', 'E8'],
    because: 'an exclusive transaction held for hours looks wrong',
    edits: [
      {
        file: 'src/engine/embedded/folder/owner-lock.ts',
        text: 'pragma journal_mode = memory; begin exclusive',
        instead: 'pragma journal_mode = memory; begin',
      },
    ],
  },
  {
    name: 'chain not compared',
    breaks: ['J1'],
    because: 'each frame has a hash of its own already',
    edits: [{ file: SEAL, text: 'frame.prevHash !== expected.prevHash', instead: 'frame.prevHash === undefined' }],
  },
  {
    name: 'hash of a frame not verified',
    breaks: ['J1'],
    because: 'the chain of hashes looks like proof enough',
    edits: [
      { file: SEAL, text: 'frameHash(frame, frame.body, hash) !== frame.hash', instead: 'frame.hash === undefined' },
    ],
  },
  {
    name: 'payload not held to its digest',
    breaks: ['J1'],
    because: 'erased payloads have none, and so nobody looks',
    edits: [{ file: SEAL, text: 'hash.sha256(stored[0] + text) !== value.d', instead: 'value.d === undefined' }],
  },
  {
    name: 'torn frame accepted',
    breaks: ['J1'],
    because: 'one unreadable frame should not keep a process from going on',
    edits: [
      {
        file: SEAL,
        text: '  } catch (cause) {\n    throw new SkeinError(',
        instead: '  } catch (cause) {\n    if (frame.n >= 0) return []\n    throw new SkeinError(',
      },
    ],
  },
  {
    name: 'blob freed while it is named',
    breaks: ['J1', 'T4'],
    because: 'what was erased is not needed any more',
    edits: [
      {
        file: 'src/engine/embedded/erase.ts',
        text: '[...blobs].filter((sha256) => !tables.blobs.isUsed(sha256))',
        instead: '[...blobs]',
      },
    ],
  },
  {
    name: 'blob freed while a result names it',
    breaks: ['T4'],
    because: 'whoever listed the users of blobs thought of frames first',
    edits: [{ file: BLOBS, text: "  ['process', 'result'],\n", instead: '' }],
  },
  {
    name: 'blob freed while a wait names it',
    breaks: ['T4'],
    because: 'whoever listed the users of blobs thought of frames first',
    edits: [{ file: BLOBS, text: "  ['wait', 'text'],\n", instead: '' }],
  },
]
