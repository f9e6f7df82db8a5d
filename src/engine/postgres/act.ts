/** What a member's batch does beside frames, as rows of JSON that the functions in `sql/` take. */
import { baseKey, failure } from '../../kernel/index.ts'
import type { BlobToStore, Control, Outgoing, Outcome, StartRequest, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Hash, Pid } from '../../std/index.ts'
import type { MailEvent } from '../activation-rows.ts'
import { pack } from '../embedded/store/pack.ts'
import { prepareControl, prepareMessage, prepareSettlement, prepareStart, prepareWait } from '../embedded/prepare.ts'

/** An act: `t` says which; the rest are its columns. Acts with `p` are done only while that process is the member's. */
export type Act = { readonly t: string; readonly p?: number; readonly [column: string]: unknown }

/** An act with what goes beside it: payloads too large for a row, and what must be locked before anything is done. */
export type PreparedAct = {
  readonly act: Act
  readonly blobs: readonly BlobToStore[]
  readonly locks: readonly string[]
  /** Processes whose rows it will change. */
  readonly pids: readonly Pid[]
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

const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : columnText(text))

/** What a frame sends. */
export function outgoingAct(outgoing: Outgoing, hash: Hash): PreparedAct {
  switch (outgoing.type) {
    case 'message':
      return messageAct(outgoing.message)
    case 'start':
      return startAct(outgoing.request, hash)
    case 'control':
      return controlAct(outgoing.to, outgoing.control, hash)
  }
}

/** A message, checked. */
export function messageAct(given: Extract<Outgoing, { type: 'message' }>['message']): PreparedAct {
  const { message, text, bytes } = prepareMessage(given)
  const act = {
    t: 'message',
    pid: message.to,
    id: columnText(message.id),
    body: text,
    bytes,
    topic: optional(message.topic),
    sender: message.from,
    type: optional(message.type),
  }
  return { act, blobs: [], locks: [], pids: [message.to], bytes, event: { type: 'message', message } }
}

/** A control, checked. */
export function controlAct(to: Pid, control: Control, hash: Hash): PreparedAct {
  const { packed } = prepareControl(to, control, hash)
  const act = {
    t: 'control',
    pid: to,
    id: columnText(control.id),
    kind: control.type,
    body: packed.text,
    flag: control.type === 'reopen' && control.fromParent === true,
  }
  const locks = control.type === 'cancel' ? [pidLock(to)] : []
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
    kind,
    workflow,
    file,
    origin: fork?.from,
    body: packed.text,
    ...(parent === undefined ? {} : { refunds: refundsOf(request, hash) }),
  }
  const pids = parent === undefined ? [] : [parent.pid]
  return { act, blobs: packed.blobs, locks: [pidLock(pid)], pids, bytes: packed.text.length }
}

/** A settlement from outside, checked. */
export function settlementAct(...given: Parameters<typeof prepareSettlement>): PreparedAct {
  const { token, hold, packed } = prepareSettlement(...given)
  const act = { t: 'settle', token: columnText(token), flag: hold, body: packed.text }
  return { act, blobs: packed.blobs, locks: [tokenLock(token)], pids: [], bytes: packed.text.length }
}

/** A wait of process number `p`; `n` is the frame that it stands in. */
export function waitAct(p: number, wait: Wait, { n, hash }: { readonly n: number; readonly hash: Hash }): PreparedAct {
  const { packed } = prepareWait(wait, hash)
  const { on } = wait
  const act = { t: 'hold', p, key: columnText(wait.key), kind: on.kind, body: packed.text, n, ...rowOf(wait) }
  const locks = on.kind === 'pending' ? [tokenLock(on.token)] : []
  return { act, blobs: packed.blobs, locks, pids: [], bytes: packed.text.length }
}

/** What of a wait the database looks at. */
function rowOf({ on, key }: Wait): Record<string, unknown> {
  if (on.kind === 'pending') {
    const effect = `"key":${JSON.stringify(baseKey(key))},"token":${JSON.stringify(on.token)}`
    return { token: columnText(on.token), effect }
  }
  if (on.kind !== 'message') return {}
  const { topic, topics, from, type, id } = on.pattern
  return {
    topic: optional(topic),
    topics: topics?.map(columnText),
    sender: from,
    type: optional(type),
    id: optional(id),
  }
}

const pidLock = (pid: Pid): string => `pid ${pid}`
const tokenLock = (token: string): string => `token ${columnText(token)}`

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
