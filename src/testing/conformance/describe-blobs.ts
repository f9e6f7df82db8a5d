/** The conformance suite of the port of blobs: what every adapter promises is a test with its name. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Blobs, BlobStore } from '../../engine/index.ts'
import { gather } from '../simulation/gather.ts'
import type { TestRunner } from './describe-engine.ts'

const LARGE = 3 * 1024 * 1024
const MANY = 40

type Rule<B> = { readonly title: string; check(blobs: B): Promise<void> }

const nameOf = (what: string | number): string => createHash('sha256').update(String(what)).digest('hex')

const RULES: readonly Rule<Blobs>[] = [
  {
    title: 'what was put comes back as it was, whatever stands in it and however long it is',
    async check(blobs) {
      const texts = ['""', '{"a":1}', '"ü✓🦊\\u0000\\ud800 &<>\\r\\n+% \u2028"', `"${'ä'.repeat(LARGE)}"`]
      for (const text of texts) {
        await blobs.put(nameOf(text), text)
        assert.equal(await blobs.get(nameOf(text)), text)
      }
    },
  },
  {
    title: 'what is not there is undefined, and to remove it is no error',
    async check(blobs) {
      assert.equal(await blobs.get(nameOf('nothing')), undefined)
      await blobs.remove(nameOf('nothing'))
    },
  },
  {
    title: 'to put it again changes nothing, and what was removed is gone and can come again',
    async check(blobs) {
      const name = nameOf('twice')
      for (let i = 0; i < 2; i++) await blobs.put(name, '"twice"')
      assert.equal(await blobs.get(name), '"twice"')
      for (let i = 0; i < 2; i++) await blobs.remove(name)
      assert.equal(await blobs.get(name), undefined)
      await blobs.put(name, '"twice"')
      assert.equal(await blobs.get(name), '"twice"')
    },
  },
  {
    title: 'many may come, be asked for and go at once, and each is its own',
    async check(blobs) {
      const all = Array.from({ length: MANY }, (_, i) => ({ name: nameOf(i), text: `"number ${i}"` }))
      await Promise.all(all.map(async ({ name, text }) => blobs.put(name, text)))
      const found = await Promise.all(all.map(async ({ name }) => blobs.get(name)))
      assert.deepEqual(
        found,
        all.map(({ text }) => text),
      )
      const [first, ...rest] = all
      await Promise.all(rest.map(async ({ name }) => blobs.remove(name)))
      assert.equal(await blobs.get(first!.name), first!.text)
      assert.equal(await blobs.get(rest[0]!.name), undefined)
    },
  },
]

const STORE_RULES: readonly Rule<BlobStore>[] = [
  {
    title: 'names all that begin so, and no other',
    async check(store) {
      const ours = Array.from({ length: MANY }, (_, i) => `${nameOf('ours')}-${nameOf(i)}`)
      const theirs = `${nameOf('theirs')}-${nameOf(0)}`
      await Promise.all([...ours, theirs].map((name) => store.put(name, '1')))
      assert.deepEqual((await gather(store.names(`${nameOf('ours')}-`))).toSorted(), ours.toSorted())
      assert.deepEqual(await gather(store.names(`${nameOf('theirs')}-`)), [theirs])
      assert.deepEqual(await gather(store.names(`${nameOf('nobody')}-`)), [])
    },
  },
  {
    title: 'what is aborted does nothing, and says why',
    async check(store) {
      const why = new Error('enough')
      const signal = AbortSignal.abort(why)
      await assert.rejects(store.put(nameOf('aborted'), '1', signal), why)
      await assert.rejects(store.get(nameOf('aborted'), signal), why)
      assert.equal(await store.get(nameOf('aborted')), undefined)
    },
  },
  { title: 'one that can be used says nothing when it is looked at', check: (store) => store.check() },
]

/** Opens an empty one for a rule. */
type Open<B extends Blobs> = () => Promise<Partial<AsyncDisposable> & { readonly blobs: B }>

/** Declares the suite for one adapter. */
export function describeBlobs(name: string, open: Open<Blobs>, runner: TestRunner): void {
  describeRules(name, open, { ...runner, rules: RULES })
}

/** Declares it for one that is elsewhere, with what such a one promises besides. */
export function describeBlobStore(name: string, open: Open<BlobStore>, runner: TestRunner): void {
  describeRules(name, open, { ...runner, rules: [...RULES, ...STORE_RULES] })
}

function describeRules<B extends Blobs>(
  name: string,
  open: Open<B>,
  { describe, it, rules }: TestRunner & { readonly rules: readonly Rule<B>[] },
): void {
  describe(`blobs: ${name}`, () => {
    for (const rule of rules)
      it(rule.title, async () => {
        const opened = await open()
        try {
          await rule.check(opened.blobs)
        } finally {
          await opened[Symbol.asyncDispose]?.()
        }
      })
  })
}
