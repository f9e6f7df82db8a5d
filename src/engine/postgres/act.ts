/** What a member's batch does beside frames, as rows of JSON that the functions in `sql/` take. */
import { baseKey, failure } from '../../kernel/index.ts'
import type { BlobToStore, Control, Outgoing, Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Hash, Pid } from '../../std/index.ts'
import type { MailEvent } from '../activation-rows.ts'
import { pack } from '../embedded/store/pack.ts'
import { prepareControl, prepareMessage, prepareSettlement, prepareStart, prepareWait } from '../embedded/prepare.ts'
import { INDEXED_CHARACTERS_MAX } from './limits.ts'

/** An act: `t` says which; the rest are its columns. Acts with `p` are done only while that process is the member's. */
export type Act = { readonly t: string; readonly p?: number; readonly [column: string]: unknown }

/** An act with what goes beside it: payloads too large for a row, and what must be locked before anything is done. */
export type PreparedAct = {
  readonly act: Act
  readonly blobs: readonly BlobToStore[]
  readonly locks: readonly string[]
  /** Processes whose rows it will change. */
  readonly pids: readonly string[]
  readonly bytes: number
  /** What it brings, so that whoever is resident here need not ask for it. */
  readonly event?: MailEvent
}

/** What an act came to, as the database says it. */
export type Said = {
  readonly r?: string
  readonly ok?: boolean
  /** Whose mail it is, its number, and which member has the process. */
  readonly p?: number
  readonly s?: number
  readonly o?: number | null
  /** Somebody has something to do. */
  readonly y?: boolean
  readonly also?: Said
}

/** Text that a column can hold and that is equal only to itself: such a column has no zero character. */
export const columnText = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Text to be read by people, as a column can hold it. */
export const shownText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

/** As `columnText`, for columns of an index: a row of one holds 2,700 bytes, so what is long is there by its hash. */
export function indexText(text: string, hash: Hash): string {
  const column = columnText(text)
  return column.length <= INDEXED_CHARACTERS_MAX ? column : `sha256 ${hash.sha256(column)}`
}

const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : columnText(text))

/** What a frame sends. */
export function outgoingAct(outgoing: Outgoing, hash: Hash): PreparedAct {
  switch (outgoing.type) {
    case 'message':
      return messageAct(outgoing.message, hash)
    case 'start':
      return startAct(outgoing.request, hash)
    case 'control':
      return controlAct(outgoing.to, outgoing.control, hash)
  }
}

/** A message, checked. */
export function messageAct(given: Extract<Outgoing, { type: 'message' }>['message'], hash: Hash): PreparedAct {
  const { message, text, bytes } = prepareMessage(given)
  // No process has a name that is written differently there.
  const to = columnText(message.to)
  const act = {
    t: 'message',
    pid: to,
    id: columnText(message.id),
    key: indexText(message.id, hash),
    body: text,
    bytes,
    topic: optional(message.topic),
    sender: optional(message.from),
    type: optional(message.type),
  }
  return { act, blobs: [], locks: [], pids: [to], bytes, event: { type: 'message', message } }
}

/** A control, checked. */
export function controlAct(to: Pid, control: Control, hash: Hash): PreparedAct {
  const { packed } = prepareControl(to, control, hash)
  const act = {
    t: 'control',
    pid: to,
    id: indexText(control.id, hash),
    kind: control.type,
    body: packed.text,
    flag: control.type === 'reopen' && control.fromParent === true,
  }
  const locks = control.type === 'cancel' ? [pidLock(to, '-')] : []
  const event = { type: 'control', control } as const
  return { act, blobs: packed.blobs, locks, pids: [to], bytes: packed.text.length, event }
}

/** A start, checked. */
export function startAct(given: StartRequest, hash: Hash): PreparedAct {
  const { request, packed } = prepareStart(given, hash)
  const { pid, parent, root, depth, kind, workflow, file, fork } = request
  const act = {
    t: 'start',
    pid,
    payer: parent?.pid,
    root,
    depth,
    kind: shownText(kind),
    workflow: shownText(workflow),
    file: file === undefined ? undefined : shownText(file),
    origin: fork === undefined ? undefined : columnText(fork.from),
    body: packed.text,
    ...(parent === undefined ? {} : { refunds: refundsOf(request, hash) }),
  }
  const pids = parent === undefined ? [] : [parent.pid]
  return { act, blobs: packed.blobs, locks: [pidLock(pid, '+')], pids, bytes: packed.text.length }
}

/** A settlement from outside, checked. */
export function settlementAct(...given: Parameters<typeof prepareSettlement>): PreparedAct {
  const { token, hold, packed } = prepareSettlement(...given)
  const act = { t: 'settle', token: indexText(token, given[2].hash), flag: hold, body: packed.text }
  return { act, blobs: packed.blobs, locks: [tokenLock(token)], pids: [], bytes: packed.text.length }
}

/** A wait of process number `p`; `n` is the frame that it stands in. */
export function waitAct(p: number, wait: Wait, { n, hash }: { readonly n: number; readonly hash: Hash }): PreparedAct {
  const { packed } = prepareWait(wait, hash)
  const { on } = wait
  const act = {
    t: 'hold',
    p,
    key: indexText(wait.key, hash),
    kind: on.kind,
    body: packed.text,
    n,
    ...rowOf(wait, hash),
  }
  const locks = on.kind === 'pending' ? [tokenLock(on.token)] : []
  return { act, blobs: packed.blobs, locks, pids: [], bytes: packed.text.length }
}

/** What of a wait the database looks at. */
function rowOf({ on, key }: Wait, hash: Hash): Record<string, unknown> {
  if (on.kind === 'pending') {
    const effect = `"key":${JSON.stringify(baseKey(key))},"token":${JSON.stringify(on.token)}`
    return { token: indexText(on.token, hash), effect }
  }
  if (on.kind !== 'message') return {}
  const { topic, topics, from, type, id } = on.pattern
  return {
    topic: optional(topic),
    topics: topics?.map(columnText),
    sender: optional(from),
    type: optional(type),
    id: optional(id),
  }
}

/** Shared by starts (`+`): what two of one pid come to, its index says. A cancel is alone: it looks for what is not there. */
const pidLock = (pid: Pid, sign: '+' | '-'): string => `${sign}pid ${pid}`
const tokenLock = (token: string): string => `-token ${columnText(token)}`

/** Not started: whoever paid for it gets everything back, with the reason (rules C2, C5). */
function refundsOf(request: StartRequest, hash: Hash): Record<string, string> {
  const { parent, pid, cap, root, fork } = request
  const told = (outcome: Outcome): string => {
    const control: Control = {
      // The kernel's own id for the end of a child: heard once, whoever says it.
      id: `${pid}!ended`,
      type: 'childEnded',
      child: pid,
      key: parent!.key,
      outcome,
      cap,
      spent: {},
      forfeited: {},
    }
    return pack(control, hash).text
  }
  const failed = (code: 'PROCESS_UNKNOWN' | 'FORK_REFUSED' | 'RUN_ERASED', message: string): string =>
    told(failure(new SkeinError(code, message).toJSON()))
  const from = fork?.from
  return {
    cancelled: told({ type: 'cancelled' }),
    ...(from === undefined
      ? {}
      : {
          absent: failed('PROCESS_UNKNOWN', `there is no process ${from} to fork; see: skein ps`),
          foreign: failed(
            'FORK_REFUSED',
            `${from} cannot be forked here: a workflow forks processes of its own run (${root}) only; from outside: skein fork ${from}`,
          ),
          erased: failed('RUN_ERASED', `${from} was erased: what a fork would go on from is gone`),
        }),
  }
}
