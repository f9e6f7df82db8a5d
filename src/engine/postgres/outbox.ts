/** What an activation says, on its way into its member's batches. */
import { endStatus, UNHEARD } from '../embedded/rest-step.ts'
import { pack } from '../embedded/store/pack.ts'
import type { Entry, GroupCommit, Step } from '../embedded/group-commit.ts'
import { errorText } from '../embedded/prepare.ts'
import type { Ending, FrameRow } from '../activation-rows.ts'
import type { ActivationOutbox, RemoteActivation } from '../remote-activation.ts'
import type { Hash, SkeinError } from '../../std/index.ts'
import { indexText, outgoingAct, shownText, waitAct } from './act.ts'
import type { Act, PreparedAct, Said } from './act.ts'
import type { Batch, Holding } from './batch.ts'

/** What outboxes of one member share. */
export type OutboxPorts = {
  readonly hash: Hash
  readonly commits: GroupCommit
  /** The batch that is being made. */
  readonly batch: () => Batch
  /** Something came of an act: mail for somebody resident, or work for whoever has time. */
  readonly heard: (said: Said, prepared?: PreparedAct) => void
  /** The process is not the member's any more. */
  readonly lost: (activation: RemoteActivation) => void
  /** The database takes nothing more of it. */
  readonly refused: (activation: RemoteActivation, why: SkeinError) => void
  readonly rested: (activation: RemoteActivation) => void
}

/** The outbox of one activation. */
export class MemberOutbox implements ActivationOutbox {
  readonly #ports: OutboxPorts
  readonly #holding: Holding
  /** Set before anything is said. */
  activation!: RemoteActivation
  #n: number
  #last: Entry | undefined

  constructor(ports: OutboxPorts, holding: Holding, n: number) {
    this.#ports = ports
    this.#holding = holding
    this.#n = n
  }

  push(row: FrameRow, bytes: number): void {
    const { hash, commits } = this.#ports
    const n = row.sealed?.n ?? this.#n
    this.#n = n + (row.sealed === undefined ? 0 : 1)
    const sent = row.sent.map((outgoing) => ({ outgoing, prepared: outgoingAct(outgoing, hash) }))
    const waits = row.waits.map((wait) => waitAct(this.#holding.p, wait, { n, hash }))
    this.#last = commits.push([this.#frameStep(row, { n, sent, waits })], bytes)
  }

  end(ending: Ending): void {
    const step = this.#endStep(ending)
    // In the same transaction as the last frame wherever possible: `ended` and its fact are one.
    if (!this.#ports.commits.join(this.#last, step)) this.#ports.commits.push([step], 0)
  }

  #frameStep(
    row: FrameRow,
    of: {
      readonly n: number
      readonly sent: readonly { readonly outgoing: FrameRow['sent'][number]; readonly prepared: PreparedAct }[]
      readonly waits: readonly PreparedAct[]
    },
  ): Step {
    const holding = this.#holding
    const { p } = holding
    let batch: Batch
    let waits: readonly number[] = []
    let sent: readonly number[] = []
    return {
      apply: () => {
        batch = this.#ports.batch()
        batch.own(holding)
        if (row.sealed !== undefined) batch.frame(holding, row.sealed, row.blobs)
        if (row.isSegmentStart === true) batch.act({ t: 'segment', p, n: of.n }, holding, true)
        for (const { seq, deadFor } of row.consumed)
          batch.act({ t: 'eat', p, seq, ...(deadFor === undefined ? {} : { why: shownText(deadFor) }) }, holding, true)
        for (const key of row.unwaits) batch.act({ t: 'unwait', p, key: indexText(key, this.#ports.hash) }, holding)
        waits = of.waits.map((wait) => batch.prepared(wait, holding))
        sent = of.sent.map(({ prepared }) => batch.prepared(prepared, holding))
      },
      done: () => {
        if (!this.#isTaken(batch)) return
        this.activation.durable(1)
        for (const act of waits) this.#heard(batch, act)
        for (const [i, { outgoing, prepared }] of of.sent.entries()) {
          const said = this.#heard(batch, sent[i]!, prepared)
          if (outgoing.type !== 'control') this.activation.sent(outgoing.key, resultOf(said))
        }
      },
      failed() {},
    }
  }

  /** Whether the batch wrote what is the process's. */
  #isTaken(batch: Batch): boolean {
    const why = batch.refusal(this.#holding.p)
    if (why !== undefined) this.#ports.refused(this.activation, why)
    else if (batch.isLost(this.#holding.p)) this.#ports.lost(this.activation)
    else return true
    return false
  }

  #heard(batch: Batch, act: number, prepared?: PreparedAct): Said | undefined {
    const said = batch.said(act)
    if (said !== undefined) this.#ports.heard(said, prepared)
    return said
  }

  #endStep(ending: Ending): Step {
    const { act, blobs } = this.#endAct(ending)
    let batch: Batch
    let number: number
    return {
      apply: () => {
        batch = this.#ports.batch()
        number = batch.prepared({ act, blobs, locks: [], pids: [], bytes: 0 }, this.#holding, true)
      },
      done: () => {
        if (!this.#isTaken(batch)) return
        const said = batch.said(number)
        if (said === undefined) return this.#ports.lost(this.activation)
        const isOver = said.ok === true
        if (isOver) this.#ports.rested(this.activation)
        this.activation.rested(isOver)
        this.#ports.heard(said)
      },
      failed() {},
    }
  }

  #endAct({ end, summary, heardSeq, firstSeq, wakeInMs }: Ending): Pick<PreparedAct, 'act' | 'blobs'> {
    const common: Act = {
      t: end.type,
      p: this.#holding.p,
      ...(summary === undefined ? {} : { summary: JSON.stringify(summary) }),
    }
    switch (end.type) {
      case 'wait':
        return {
          act: { ...common, seq: heardSeq, ...(wakeInMs === undefined ? {} : { wake_in: Math.ceil(wakeInMs) }) },
          blobs: [],
        }
      case 'yield':
        return { act: common, blobs: [] }
      case 'parked':
        return { act: { ...common, t: 'park', seq: firstSeq, body: errorText(end.error) }, blobs: [] }
      case 'ended': {
        const { text, blobs } = pack(end.result, this.#ports.hash)
        return { act: { ...common, t: 'end', body: text, status: endStatus(end.result), why: UNHEARD }, blobs }
      }
    }
  }
}

const RESULTS = ['queued', 'duplicate', 'ended', 'unknown', 'full'] as const

/** What a delivery came to. */
export function resultOf(said: Said | undefined): (typeof RESULTS)[number] {
  return RESULTS.find((one) => one === said?.r) ?? 'unknown'
}
