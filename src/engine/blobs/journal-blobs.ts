/**
 * Large payloads of journals in a store outside the engine, by process and content.
 *
 * Invariants:
 * 1. A payload is in the store before the frame that names it is durable, and a frame names it no more, or its process is
 *    being erased, before it goes: what a journal names is there. What is there and named by nobody goes with the process.
 * 2. Only the owner of a process writes under its name, and erasing asks for one that has ended: nobody removes what another
 *    one writes, and no two journals share a blob.
 * 3. What comes back has the digest that it is named by, or nothing comes back.
 */
import { eraseFrame } from '../../kernel/index.ts'
import type { BlobToStore, SealedFrame, StoredPayload } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, Hash, Pid } from '../../std/index.ts'
import type { BlobStore } from './blob-store.ts'

/** Reads the text of a blob; undefined where it is not known yet. */
export type GetBlob = (sha256: string) => string | undefined

type Frames = AsyncIterable<SealedFrame> | Iterable<SealedFrame>

/** The payloads of one installation's journals. */
export class JournalBlobs {
  readonly #store: BlobStore | undefined
  readonly #hash: Hash
  readonly #installation: string
  readonly #onAway: (why: SkeinError) => void
  #isAway = false

  /** `installation`: its journals and those of others know nothing of each other. `onAway` hears once of each time that it is away. */
  constructor(
    store: BlobStore | undefined,
    about: {
      readonly hash: Hash
      readonly installation: string
      readonly onAway?: ((why: SkeinError) => void) | undefined
    },
  ) {
    this.#store = store
    this.#hash = about.hash
    this.#installation = about.installation
    this.#onAway = about.onAway ?? (() => undefined)
  }

  /** Whether large payloads are put outside. */
  get isOutside(): boolean {
    return this.#store !== undefined
  }

  /** Throws what stands in the way of using the store; what may pass is only told, as who opens an engine may not need it. */
  async check(): Promise<void> {
    const store = this.#store
    if (store === undefined) return
    try {
      await this.#heard(store.check())
    } catch (thrown) {
      if (!(SkeinError.isInstance(thrown) && thrown.retryable)) throw thrown
    }
  }

  /** All are there when it resolves. */
  async put(pid: Pid, blobs: readonly BlobToStore[], signal: AbortSignal): Promise<void> {
    const store = this.#demanded(pid)
    const once = new Map(blobs.map((blob) => [blob.sha256, blob.text]))
    await this.#heard(Promise.all([...once].map(([sha256, text]) => store.put(this.#name(pid, sha256), text, signal))))
  }

  /** The text of a blob that a frame of the process names. */
  async get(pid: Pid, sha256: string): Promise<string> {
    const text = await this.#heard(this.#demanded(pid).get(this.#name(pid, sha256)))
    if (text === undefined)
      throw lost(pid, sha256, 'is not in the store of blobs; if it was being erased, erase it once more')
    if (this.#hash.sha256(text) !== sha256) throw lost(pid, sha256, 'was changed in the store of blobs')
    return text
  }

  /** Reads something of a process that may name blobs: what it asks for is fetched, and it is read again. */
  with<T>(pid: Pid, read: (get: GetBlob) => T): Promise<T> {
    return readAgain(read, async (sha256s) => {
      const texts = await Promise.all(sha256s.map((sha256) => this.get(pid, sha256)))
      return new Map(sha256s.map((sha256, i) => [sha256, texts[i]]))
    })
  }

  /** Before an erasure changes anything: throws `BLOBS_ABSENT` if what it would leave behind lies in a store that is not known here. */
  demandFor(pid: Pid, outside: readonly string[]): void {
    if (outside.length > 0) this.#demanded(pid)
  }

  /**
   * Before an erasure: what its frames name goes, and what never came to be named; of one effect alone, what no other names.
   * One that breaks off is done again, as the frames still say what was to go. Nothing without a store.
   */
  async erase(pid: Pid, key: EffectKey | undefined, frames: Frames): Promise<void> {
    const store = this.#store
    if (store === undefined) return
    const names =
      key === undefined
        ? await allOf(store.names(this.#prefix(pid)))
        : (await goneWith(key, frames)).map((sha256) => this.#name(pid, sha256))
    await Promise.all(names.map((name) => store.remove(name)))
  }

  /** What came for a process and no frame of it names, where nobody writes for it. Nothing without a store. */
  async eraseUnnamed(pid: Pid, frames: Frames): Promise<void> {
    const store = this.#store
    if (store === undefined) return
    const gone = new Set(await allOf(store.names(this.#prefix(pid))))
    for await (const frame of frames) for (const sha256 of blobsNamed([frame])) gone.delete(this.#name(pid, sha256))
    await Promise.all([...gone].map((name) => store.remove(name)))
  }

  /** Of many that wait for the same store the first is enough to be told of. */
  async #heard<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked
      this.#isAway = false
      return answer
    } catch (thrown) {
      if (SkeinError.isInstance(thrown) && thrown.retryable && !this.#isAway) {
        this.#isAway = true
        this.#onAway(thrown)
      }
      throw thrown
    }
  }

  #prefix(pid: Pid): string {
    return `${this.#hash.sha256(JSON.stringify([this.#installation, pid]))}-`
  }

  #name(pid: Pid, sha256: string): string {
    return this.#prefix(pid) + sha256
  }

  #demanded(pid: Pid): BlobStore {
    if (this.#store !== undefined) return this.#store
    throw new SkeinError(
      'BLOBS_ABSENT',
      `the journal of ${pid} has payloads in a store of blobs, and this engine was opened without one; ` +
        'give it the same `blobs` (on the command line: SKEIN_BLOBS) as the workers have',
    )
  }
}

/** Reads something that may name blobs, again with each that it asked for and `fetch` brought, until it asks for nothing new. */
export async function readAgain<T>(
  read: (get: GetBlob) => T,
  fetch: (sha256s: readonly string[]) => Promise<ReadonlyMap<string, string | undefined>>,
): Promise<T> {
  const known = new Map<string, string | undefined>()
  for (;;) {
    const missing = new Set<string>()
    const result = read((sha256) => {
      if (!known.has(sha256)) missing.add(sha256)
      return known.get(sha256)
    })
    if (missing.size === 0) return result
    const fetched = await fetch([...missing])
    for (const sha256 of missing) known.set(sha256, fetched.get(sha256))
  }
}

/** Blobs that frames name. */
export function blobsNamed(frames: readonly Pick<SealedFrame, 'payloads'>[]): Set<string> {
  const stored = frames.flatMap(({ payloads }) => JSON.parse(payloads) as StoredPayload[])
  return new Set(stored.flatMap((one) => (one?.length === 3 ? [one[1]] : [])))
}

/** Whether an error is about blobs: it concerns the process that names them, and nobody else. */
export const isOfBlobs = (error: unknown): error is SkeinError =>
  SkeinError.isInstance(error) && /^BLOBS?_/.test(error.code)

const lost = (pid: Pid, sha256: string, what: string): SkeinError =>
  new SkeinError('BLOB_LOST', `the payload ${sha256} of ${pid} ${what}; bring it back from a copy of the bucket`)

/** Blobs that no frame names any more when an effect, or all of them, is erased. */
export async function goneWith(key: EffectKey | undefined, frames: Frames): Promise<readonly string[]> {
  const before = new Set<string>()
  const left = new Set<string>()
  for await (const frame of frames) {
    for (const sha256 of blobsNamed([frame])) before.add(sha256)
    for (const sha256 of blobsNamed([eraseFrame(frame, key)])) left.add(sha256)
  }
  return [...before].filter((sha256) => !left.has(sha256))
}

async function allOf(names: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const name of names) all.push(name)
  return all
}
