/** Checks and packs what comes in before it is queued, so that no process can fail another's batch (rules T5, F29). */
import { PENDING_TOKEN_CHARACTERS_MAX } from '../../kernel/index.ts'
import type { Control, Message, Outgoing, Settlement, StartRequest, Wait } from '../../kernel/index.ts'
import { limits, SkeinError } from '../../std/index.ts'
import type { ErrorData, Hash, Pid } from '../../std/index.ts'
import { ID_CHARACTERS_MAX, PID_CHARACTERS_MAX } from '../limits.ts'
import { pack } from './store/pack.ts'
import type { Packed } from './store/pack.ts'

/** A message ready to be a row: only text and whole numbers are left to bind. */
export type PreparedMessage = {
  readonly type: 'message'
  readonly message: Message
  readonly text: string
  readonly bytes: number
}
/** A control ready to be a row. */
export type PreparedControl = {
  readonly type: 'control'
  readonly to: Pid
  readonly control: Control
  readonly packed: Packed
}
/** A start request ready to be a row. */
export type PreparedStart = { readonly type: 'start'; readonly request: StartRequest; readonly packed: Packed }
/** A wait ready to be a row. */
export type PreparedWait = { readonly wait: Wait; readonly dueAt: number | undefined; readonly packed: Packed }
/** A settlement ready to be a row. */
export type PreparedSettlement = {
  readonly type: 'settlement'
  readonly token: string
  readonly settlement: Settlement
  readonly hold: boolean
  readonly packed: Packed
}
/** Anything that can reach a process. */
export type Prepared = PreparedMessage | PreparedControl | PreparedStart

const PID = /^[A-Za-z0-9._~:-]+$/

const shown = (text: unknown): string => JSON.stringify(text)?.slice(0, 80) ?? String(text)

/** Throws `INPUT_INVALID` for what is not a pid. */
export function checkPid(pid: Pid): void {
  if (typeof pid === 'string' && pid.length <= PID_CHARACTERS_MAX && PID.test(pid)) return
  throw new SkeinError(
    'INPUT_INVALID',
    `${shown(pid)} is not a process id; use 1 to ${PID_CHARACTERS_MAX} of A-Z a-z 0-9 . _ ~ : -`,
  )
}

function checkId(id: string, what: string): void {
  if (typeof id === 'string' && id.length > 0 && id.length <= ID_CHARACTERS_MAX) return
  throw new SkeinError(
    'MESSAGE_INVALID',
    `a ${what} has the id ${shown(id)}; give it 1 to ${ID_CHARACTERS_MAX} characters`,
  )
}

function checkText(text: unknown, what: string): void {
  if (typeof text !== 'string') throw new SkeinError('INPUT_INVALID', `the ${what} is ${shown(text)}; it must be text`)
}

/** A message, checked and as text. */
export function prepareMessage(message: Message): PreparedMessage {
  checkId(message.id, 'message')
  checkText(message.to, 'receiver of a message')
  checkText(message.body?.text, 'body of a message')
  const text = JSON.stringify(message)
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.MESSAGE_BYTES_MAX) {
    throw new SkeinError(
      'VALUE_TOO_LARGE',
      `message ${shown(message.id)} has ${bytes} bytes, more than ${limits.MESSAGE_BYTES_MAX}; write the value to a file and send its name`,
    )
  }
  return { type: 'message', message, text, bytes }
}

/** A control, checked and packed. */
export function prepareControl(to: Pid, control: Control, hash: Hash): PreparedControl {
  checkPid(to)
  checkId(control.id, 'control')
  return { type: 'control', to, control, packed: pack(control, hash) }
}

/** A settlement, checked and packed. */
export function prepareSettlement(
  token: string,
  settlement: Settlement,
  about: { readonly hold: boolean; readonly hash: Hash },
): PreparedSettlement {
  if (typeof token !== 'string' || token.length === 0 || token.length > PENDING_TOKEN_CHARACTERS_MAX)
    throw new SkeinError(
      'INPUT_INVALID',
      `${shown(token)} is no token of a pending effect; give the one its tool returned, up to ${PENDING_TOKEN_CHARACTERS_MAX} characters`,
    )
  return { type: 'settlement', token, settlement, hold: about.hold, packed: pack(settlement, about.hash) }
}

/** A start request, checked and packed. */
export function prepareStart(request: StartRequest, hash: Hash): PreparedStart {
  checkPid(request.pid)
  checkPid(request.root)
  if (request.parent !== undefined) checkPid(request.parent.pid)
  checkText(request.kind, 'kind')
  checkText(request.workflow, 'workflow')
  if (request.file !== undefined) checkText(request.file, 'file')
  if (!Number.isSafeInteger(request.depth) || request.depth < 0 || request.depth > limits.SPAWN_DEPTH_MAX) {
    throw new SkeinError(
      'PROCESS_REFUSED',
      `${request.pid} would be ${request.depth} levels deep; processes may be ${limits.SPAWN_DEPTH_MAX} levels deep at most`,
    )
  }
  return { type: 'start', request, packed: pack(request, hash) }
}

/** What a frame sends, checked and packed. */
export function prepareOutgoing(outgoing: Outgoing, hash: Hash): Prepared {
  switch (outgoing.type) {
    case 'message':
      return prepareMessage(outgoing.message)
    case 'start':
      return prepareStart(outgoing.request, hash)
    case 'control':
      return prepareControl(outgoing.to, outgoing.control, hash)
  }
}

/** A wait as a row. A time that is no whole number is rounded up, one beyond all calendars never comes. */
export function prepareWait(wait: Wait, hash: Hash): PreparedWait {
  checkText(wait.key, 'key of a wait')
  checkText(wait.on.kind, 'kind of a wait')
  const dueAt = 'dueAt' in wait.on ? wait.on.dueAt : undefined
  const whole =
    dueAt === undefined || !Number.isFinite(dueAt) ? undefined : Math.min(Math.ceil(dueAt), Number.MAX_SAFE_INTEGER)
  return { wait, dueAt: whole, packed: pack(wait, hash) }
}

/** Error data as text, whatever `data` holds. */
export function errorText(error: ErrorData): string {
  try {
    return JSON.stringify(error)
  } catch {
    return JSON.stringify({ code: error.code, message: error.message, retryable: error.retryable })
  }
}
