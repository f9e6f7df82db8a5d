/**
 * Facts: the entries of a journal (rule J2). What is here is never done again; what is not here did not happen.
 * Every fact carries its format version `v`, its dense `seq` and `at` (milliseconds, engine clock).
 */
import type { EffectKey, MessageId, OwnerId, Pid, ScopePath, Seq } from '../../std/index.ts'
import type { Amounts, Dimension } from '../accounts/amounts.ts'
import type { Forked, ForkWrites } from './fork.ts'
import type { Outcome, Payload } from './outcome.ts'

/** The journal format this build writes. Older ones are read for ever. */
export const FACT_VERSION = 1

/** `local` nothing outward · `read` outward, maybe priced, repeatable · `write` changes the world. */
export type EffectClass = 'local' | 'read' | 'write'

/** What kind of driver performs an effect. */
export type EffectKind = 'model' | 'tool' | 'step'

/** Why a process waits; each wait is a row that wakes it without loading it (rule T6). */
export type WaitOn =
  | { readonly kind: 'timer'; readonly dueAt: number }
  /** `aside`: the process does other things meanwhile, and needs nobody to write to it. */
  | { readonly kind: 'message'; readonly pattern: MessagePattern; readonly dueAt?: number; readonly aside?: true }
  | { readonly kind: 'child'; readonly pid: Pid }
  | {
      readonly kind: 'approval'
      readonly title: string
      readonly argsHash: string
      /** With the arguments, what the approval binds to. */
      readonly toolVersion?: string
      readonly show?: Payload
      readonly dueAt?: number
    }
  /** Journals from before a title was demanded may have a question without one. */
  | { readonly kind: 'answer'; readonly title?: string; readonly show?: Payload; readonly dueAt?: number }
  | { readonly kind: 'promise'; readonly name: string; readonly dueAt?: number }
  | { readonly kind: 'budget'; readonly need: Amounts }
  | { readonly kind: 'grace'; readonly dueAt: number }
  /** `held`: not in doubt itself, but held back by the quarantine of this incarnation. */
  | { readonly kind: 'operator'; readonly question: string; readonly held?: number }
  /** A driver has answered "later" (rule E10); its attempt stays begun. */
  | {
      readonly kind: 'pending'
      readonly token: string
      /** What the attempt has used so far, and is charged when it is settled. */
      readonly actual: Amounts
      readonly dueAt?: number
      /** Why the last settlement was not taken. */
      readonly refused?: Payload
    }
  /** Somebody has asked it to move to other code: it does when nothing is under way. */
  | { readonly kind: 'upgrade'; readonly verdicts: readonly WriteVerdict[]; readonly by: string }
  /** Held by a kill switch, or a pause: `agent:NAME`, `workflow:NAME`, `tool:NAME`, `tenant:NAME`, `process:PID`. */
  | { readonly kind: 'switch'; readonly target: string; readonly by: string; readonly reason?: string }

/** What is to become of a write that the new code asks for and that may have been done already (rule U4). */
export type WriteVerdict = {
  /** As the new code asks for it. */
  readonly key: EffectKey
  readonly how: 'reuse' | 'new' | 'fail'
  /** Whose outcome it gets, with `reuse`. */
  readonly from?: EffectKey
}

/** A message filter: data, so that it can be an index row (rule M3). A member that is absent matches anything. */
export type MessagePattern = {
  readonly topic?: string
  readonly from?: Pid
  readonly type?: string
  readonly id?: string
  /** One of these topics; `*` stands for all that are not Skein's own. */
  readonly topics?: readonly string[]
}

/** The first fact: what the process is, and with which code, input and money. */
export type Born = {
  readonly type: 'born'
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly version: string
  readonly codeDigest: string
  readonly input: Payload
  readonly parent?: { readonly pid: Pid; readonly key: EffectKey }
  readonly root: Pid
  readonly depth: number
  /** The cap of its account; missing dimensions are unlimited. */
  readonly cap: Amounts
  readonly strict: boolean
  /** Dimensions in which more may be asked of the parent. */
  readonly elastic?: readonly Dimension[]
  readonly incarnation: number
  /** Whose it is: inherited by all below it. */
  readonly tenant?: string
  readonly lineage?: { readonly pid: Pid; readonly seq: Seq }
  readonly fork?: Forked
  /** What becomes of writes here and below, where an ancestor is a fork that does not do them. */
  readonly writes?: ForkWrites
}

/** A fact before it has its place in the journal. */
export type FactBody =
  | Born
  | {
      readonly type: 'intended'
      readonly key: EffectKey
      readonly attempt: number
      readonly class: EffectClass
      readonly kind: EffectKind
      readonly name: string
      readonly argsHash: string
      /** Absent where the state holds it already (an agent's conversation). */
      readonly args?: Payload
      /** The arguments as written: what the schema makes of them is not data, so each attempt parses them. */
      readonly raw?: true
      /** What the gate said: the stages that allowed it, and who approved. */
      readonly verdict: { readonly approvedBy?: string }
      readonly reserve: Amounts
      /** Longest time of this attempt. */
      readonly timeoutMs: number
      readonly idempotent?: true
      /** Version of the tool's definition, where it has one. */
      readonly toolVersion?: string
      /** Hash of the system prompt that the model is shown; its text is a `shown` fact. */
      readonly prompt?: string
      /** Hash of the tool definitions that the model is shown; their text is a `shown` fact. */
      readonly tools?: string
    }
  /** What a model is shown from here on, in many calls: recorded once per hash and process. */
  | { readonly type: 'shown'; readonly what: 'prompt' | 'tools'; readonly hash: string; readonly text: Payload }
  | { readonly type: 'begun'; readonly key: EffectKey; readonly attempt: number; readonly owner: OwnerId }
  /** `attempt` 0 = refused at the gate, or a local fact that needs no intent. */
  | {
      readonly type: 'settled'
      readonly key: EffectKey
      readonly attempt: number
      readonly outcome: Outcome
      readonly actual?: Amounts
      readonly note?: string
      /** Of what was refused before it had an intent, where the key is a slot: what it is called. */
      readonly name?: string
    }
  | { readonly type: 'unknown'; readonly key: EffectKey; readonly attempt: number; readonly why: string }
  | {
      readonly type: 'resolved'
      readonly key: EffectKey
      readonly how: 'done' | 'again' | 'fail'
      readonly by: string
      readonly outcome?: Outcome
    }
  /** `name`: what waits before it has an intent, where the key is a slot. */
  | { readonly type: 'waiting'; readonly key: EffectKey; readonly on: WaitOn; readonly name?: string }
  | {
      readonly type: 'answered'
      readonly key: EffectKey
      readonly outcome: Outcome
      readonly messageId?: MessageId
      readonly by?: string
    }
  | {
      readonly type: 'closed'
      readonly scope: ScopePath
      readonly why: 'won' | 'done' | 'failed' | 'cancelled'
      readonly key?: EffectKey
      readonly reason?: string
    }
  /**
   * A reducer lets go of what it asked: nobody waits for `keys` any more, and none of them is decided again. `going`:
   * writes that had begun, which run on and are still waited for. Delivered under `key`.
   */
  | {
      readonly type: 'dropped'
      readonly key: EffectKey
      readonly keys: readonly EffectKey[]
      readonly going: readonly EffectKey[]
    }
  | {
      readonly type: 'sent'
      readonly key: EffectKey
      readonly id: MessageId
      readonly to: Pid
      readonly what: 'message' | 'start' | 'cancel'
      readonly name?: string
      readonly body?: Payload
      readonly detached?: true
    }
  /**
   * `carve` to a child · `return` from an ended child (amounts = its cap; spent and forfeited in `other`) · `forfeit`
   * a dead attempt · `topUp`. A carve to a child that goes on after its end takes back what its return has booked:
   * `spent` and `forfeited` are negative then.
   */
  | {
      readonly type: 'account'
      readonly op: 'carve' | 'return' | 'forfeit' | 'topUp'
      readonly key?: EffectKey
      readonly amounts: Amounts
      readonly spent?: Amounts
      readonly forfeited?: Amounts
      readonly other?: Pid
      readonly by?: string
      /** The forfeited attempt has failed for sure: nothing of it was done. */
      readonly failed?: true
    }
  | {
      readonly type: 'snapshot'
      readonly state: Payload
      readonly version: string
      readonly segment: number
      readonly carried: Payload
      /** The code of the new segment, where it is not that of the old (rule U2). */
      readonly codeDigest?: string
      /** Names of the compensations that the old segment had registered: what it did stands (rule X4). */
      readonly letGo?: readonly string[]
    }
  /** From here on the process runs other code, and what was recorded before answers only as far as it still fits (rules U3–U7). */
  | {
      readonly type: 'adopted'
      /** Of a fork: the seq that keys of this adoption were made with. */
      readonly named?: Seq
      readonly from: string
      readonly to: string
      readonly version: string
      /** What was asked for before, and was not when the new code had caught up. */
      readonly orphans: readonly EffectKey[]
      /** Those of them that are given up at once: nothing new stands before them. */
      readonly gone?: readonly EffectKey[]
      /** Asked for anew, whatever was recorded. */
      readonly fresh?: readonly EffectKey[]
      readonly reused?: readonly { readonly key: EffectKey; readonly from: EffectKey }[]
      /** Refused, by a verdict. */
      readonly failed?: readonly EffectKey[]
      /** Scopes that were done, and in which the new code has more to do. */
      readonly open?: readonly ScopePath[]
      /** Scopes that were done, and that the new code has not come to: it may have more to do there. */
      readonly ahead?: readonly ScopePath[]
      /** What was drawn before, and was not when the new code had caught up. */
      readonly undrawn?: readonly EffectKey[]
      readonly by: string
    }
  | { readonly type: 'ended'; readonly result: Outcome; readonly warning?: string }
  /**
   * A process that had failed goes on: the outcomes of `keys`, and its end, are there no more. `dropped` was asked for
   * after the failure, and is not asked for now. Of its cap, `withheld` stays with the parent.
   */
  | {
      readonly type: 'reopened'
      readonly keys: readonly EffectKey[]
      readonly by: string
      readonly dropped?: readonly EffectKey[]
      readonly withheld?: Amounts
    }
  /** The payloads before it are gone, of one effect or all; the note of the store, in a journal that has ended. */
  | { readonly type: 'erased'; readonly by: string; readonly key?: EffectKey }

/** One entry of a journal. */
export type Fact = FactBody & {
  readonly v: number
  readonly seq: Seq
  readonly at: number
  /** Of a fork: the fact is its origin's, where it has this seq. What it cost was the origin's to pay. */
  readonly shared?: Seq
}

/** The fact of one type. */
export type FactOf<T extends FactBody['type']> = Extract<Fact, { readonly type: T }>
