/**
 * Frames: facts sealed into a chain (rule J1). The hash of a frame covers its facts with every payload replaced
 * by a salted digest; the salt lies beside the payload, so a payload can be erased and the chain still verifies.
 *
 * Invariants:
 * 1. `hash` = SHA-256 over format, pid, epoch, n, prevHash and `body`; nothing else.
 * 2. `body` holds no payload text, only `{"$p":i,"d":digest}`; `payloads[i]` is `[salt, value]`, `[salt, sha256,
 *    characters]` for a blob, or null (erased).
 * 3. Opening a sealed frame gives back equal facts.
 */
import { SkeinError } from '../../std/index.ts'
import type { Epoch, Hash, Pid, Random } from '../../std/index.ts'
import type { Fact } from './facts.ts'
import type { Payload } from './outcome.ts'

/** A frame as an engine stores it. */
export type SealedFrame = {
  readonly pid: Pid
  readonly epoch: Epoch
  /** Dense from 0 per pid. */
  readonly n: number
  readonly firstSeq: number
  readonly lastSeq: number
  /** JSON of the facts, payloads replaced by digests. */
  readonly body: string
  /** JSON array of stored payloads; the value's text is what the digest covers. */
  readonly payloads: string
  readonly prevHash: string
  readonly hash: string
}

/** A payload too large for its frame, to be stored under its content hash before or with the frame. */
export type BlobToStore = { readonly sha256: string; readonly text: string }

const SALT_BYTES = 16
/** The hash before the first frame. */
export const CHAIN_START = '0'.repeat(64)

/** Inline, by content hash with its length, or erased. */
export type StoredPayload =
  | readonly [salt: string, value: unknown]
  | readonly [salt: string, sha256: string, characters: number]
  | null
type PayloadReference = { readonly $p: number; readonly d: string }

/** Whether a member of a port type is a payload: free data lies inside those only. */
export const isPayload = (value: unknown): value is Payload =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { text?: unknown }).text === 'string' &&
  Object.keys(value).length <= 2 &&
  !('type' in value)

/** Seals facts as frame `n` after `prevHash`. Payloads over `inlineMax` characters come back as blobs to store. */
export function sealFrame(
  about: {
    readonly pid: Pid
    readonly epoch: Epoch
    readonly n: number
    readonly prevHash: string
    readonly facts: readonly Fact[]
  },
  ports: { readonly hash: Hash; readonly random: Random; readonly inlineMax: number },
): { readonly frame: SealedFrame; readonly blobs: readonly BlobToStore[] } {
  const payloads: string[] = []
  const blobs: BlobToStore[] = []
  const refer = (payload: Payload): PayloadReference => {
    const salt = ports.random.hex(SALT_BYTES)
    const digest = ports.hash.sha256(salt + payload.text)
    if (payload.text.length > ports.inlineMax) {
      const sha256 = ports.hash.sha256(payload.text)
      blobs.push({ sha256, text: payload.text })
      payloads.push(`["${salt}","${sha256}",${payload.text.length}]`)
    } else payloads.push(`["${salt}",${payload.text}]`)
    return { $p: payloads.length - 1, d: digest }
  }
  const body = JSON.stringify(about.facts.map((fact) => referring(fact, refer)))
  const { pid, epoch, n, prevHash, facts } = about
  const frame: SealedFrame = {
    pid,
    epoch,
    n,
    firstSeq: facts[0]?.seq ?? 0,
    lastSeq: facts.at(-1)?.seq ?? 0,
    body,
    payloads: `[${payloads.join(',')}]`,
    prevHash,
    hash: frameHash(about, body, ports.hash),
  }
  return { frame, blobs }
}

/** A fact with its payloads replaced. Those of every effect are known by their places; the others are searched. */
function referring(fact: Fact, refer: (payload: Payload) => PayloadReference): unknown {
  switch (fact.type) {
    case 'begun':
      return fact
    case 'intended':
      return fact.args === undefined ? fact : { ...fact, args: refer(fact.args) }
    case 'settled':
      return fact.outcome.type === 'ok'
        ? { ...fact, outcome: { type: 'ok', value: refer(fact.outcome.value) } }
        : withReferences(fact, refer)
    default:
      return withReferences(fact, refer)
  }
}

/**
 * The value with every payload in it replaced; parts without payloads are shared. A replacer of `JSON.stringify` would be
 * called for every member of every fact, which costs several times as much.
 */
function withReferences(value: unknown, refer: (payload: Payload) => PayloadReference): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isPayload(value)) return refer(value)
  if (Array.isArray(value)) return value.map((item) => withReferences(item, refer))
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    if (typeof member !== 'object' || member === null) continue
    const replaced = withReferences(member, refer)
    if (replaced !== member) (copy ??= { ...value })[key] = replaced
  }
  return copy ?? value
}

function frameHash(
  about: { readonly pid: Pid; readonly epoch: Epoch; readonly n: number; readonly prevHash: string },
  body: string,
  hash: Hash,
): string {
  return hash.sha256(`skein-frame-1\n${about.pid}\n${about.epoch}\n${about.n}\n${about.prevHash}\n${body}`)
}

/** The facts of a sealed frame. `blob` fetches a large payload's text; undefined = erased. Throws `DATA_FOLDER_CORRUPT`. */
export function openFrame(frame: SealedFrame, blob: (sha256: string) => string | undefined): readonly Fact[] {
  try {
    const payloads = frame.payloads === '[]' ? [] : (JSON.parse(frame.payloads) as StoredPayload[])
    return withPayloads(JSON.parse(frame.body), (reference) => openPayload(payloads[reference.$p], blob)) as Fact[]
  } catch (cause) {
    throw new SkeinError(
      'DATA_FOLDER_CORRUPT',
      `frame ${frame.n} of ${frame.pid} cannot be read: ` +
        `${cause instanceof Error ? cause.message : String(cause)}; restore a backup, or look with: skein verify`,
      { cause },
    )
  }
}

/** Puts payloads where their references are, in place. */
function withPayloads(value: unknown, open: (reference: PayloadReference) => Payload): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isReference(value)) return open(value)
  const members = value as Record<string, unknown>
  for (const key in members) {
    const member = members[key]
    if (typeof member === 'object' && member !== null) members[key] = withPayloads(member, open)
  }
  return value
}

const isReference = (value: unknown): value is PayloadReference =>
  typeof value === 'object' && value !== null && '$p' in value && 'd' in value

function openPayload(stored: StoredPayload | undefined, blob: (sha256: string) => string | undefined): Payload {
  const text = storedText(stored, blob)
  return text === undefined ? { text: '{"$":"undefined"}', erased: true } : { text }
}

function storedText(
  stored: StoredPayload | undefined,
  blob: (sha256: string) => string | undefined,
): string | undefined {
  if (stored === null || stored === undefined) return undefined
  return stored.length === 3 ? blob(stored[1]) : JSON.stringify(stored[1])
}

/** Checks one frame against its predecessor's hash and its payloads' digests. Returns what is wrong, or undefined. */
export function verifyFrame(
  frame: SealedFrame,
  expected: { readonly n: number; readonly prevHash: string },
  hash: Hash,
  blob: (sha256: string) => string | undefined,
): string | undefined {
  if (frame.n !== expected.n) return `frame ${expected.n} is missing (found ${frame.n})`
  if (frame.prevHash !== expected.prevHash)
    return `frame ${frame.n} does not follow frame ${frame.n - 1}: the chain is broken`
  if (frameHash(frame, frame.body, hash) !== frame.hash)
    return `frame ${frame.n} was changed: its hash does not fit its facts`
  const payloads = JSON.parse(frame.payloads) as StoredPayload[]
  let wrong: string | undefined
  JSON.parse(frame.body, (_key, value: unknown) => {
    if (!isReference(value)) return value
    const stored = payloads[value.$p]
    const text = storedText(stored, blob)
    if (stored && text !== undefined && hash.sha256(stored[0] + text) !== value.d)
      wrong ??= `payload ${value.$p} of frame ${frame.n} was changed: its digest does not fit`
    return value
  })
  return wrong
}
