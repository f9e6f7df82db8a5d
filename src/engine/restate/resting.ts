/** The activations of a process, seen from its mailbox: they begin, consume, and ask whether they may rest. */
import type { Outcome } from '../../kernel/index.ts'
import { endStatus, UNHEARD } from '../embedded/rest-step.ts'
import { isOver } from '../process-view.ts'
import type { Epoch } from '../../std/index.ts'
import { mailKey, seqOf } from './mailbox.ts'
import type { Mailbox } from './mailbox.ts'
import { sendTo } from './sdk.ts'
import type { Acknowledged, At, Began, Consumed, MailboxRow, MailEvent, Rest } from './wire.ts'

/** A handler is open, and somebody runs the process in it: from here on it is sent signals. */
export async function began(mailbox: Mailbox, { invocation, epoch, at }: Began): Promise<void> {
  const row = await mailbox.row()
  if (row === null || isOver(row.status)) return
  if (row.invocation !== invocation) {
    row.invocation = invocation
    row.told = 0
    // What came before the handler was known was told to nobody.
    if (row.lastSeq > 0) mailbox.signal(row, { seq: row.lastSeq })
  }
  row.status = 'running'
  row.consumed = 0
  hasBegun(row, epoch)
  row.updatedAt = at
  delete row.parked
  mailbox.write(row)
}

/** Each activation has an epoch of its own; of the first one its mailbox hears only when it rests, or another one begins. */
function hasBegun(row: MailboxRow, epoch: Epoch): void {
  row.activations += Math.max(0, epoch - row.epoch)
  row.epoch = epoch
}

/** A durable frame has consumed mail. */
export async function acknowledge(mailbox: Mailbox, { consumed, at }: Acknowledged): Promise<void> {
  const row = await mailbox.row()
  if (row === null) return
  for (const one of consumed) await consume(mailbox, row, { one, at })
  row.consumed += consumed.length
  mailbox.write(row)
}

async function consume(mailbox: Mailbox, row: MailboxRow, { one, at }: At & { readonly one: Consumed }): Promise<void> {
  const { ctx } = mailbox
  if (one.deadFor !== undefined) {
    const event = await ctx.get<MailEvent>(mailKey(one.seq))
    if (event !== null) mailbox.bury(row, { at, why: one.deadFor, event })
  }
  ctx.clear(mailKey(one.seq))
  if (one.bytes === undefined) return
  row.count -= 1
  row.bytes -= one.bytes
}

/** The end of an activation; false when something has come that it has not heard of. */
export async function rest(mailbox: Mailbox, about: Rest): Promise<boolean> {
  const { end, summary, at, consumed, firstSeq } = about
  const row = await mailbox.row()
  if (row === null) return true
  if (end.type === 'wait' && row.lastSeq > about.heardSeq) return false
  if (consumed.length > 0) await consumeMissed(mailbox, row, { consumed, at })
  delete row.invocation
  hasBegun(row, about.epoch ?? row.epoch)
  if (summary !== undefined) row.summary = summary
  row.updatedAt = at
  if (end.type !== 'ended') mailbox.ctx.set('waits', about.waits)
  let isAwake = end.type === 'yield'
  switch (end.type) {
    case 'ended':
      await close(mailbox, row, { result: end.result, at })
      break
    case 'parked':
      row.parked = end.error
      row.status = 'parked'
      // Only a control that came after it had begun can change its mind: an older one would make it park in a loop.
      isAwake = row.lastControlSeq > firstSeq && (await hasControlAfter(mailbox, firstSeq))
      break
    case 'yield':
      break
    case 'wait':
      row.status = 'waiting'
      if (about.wakeInMs !== undefined) expectAlarm(mailbox, row, { at, inMs: about.wakeInMs })
  }
  if (isAwake) mailbox.wake(row, at)
  else mailbox.write(row)
  return true
}

/** Its handler came to a violent end before its mailbox heard of what was consumed. */
async function consumeMissed(
  mailbox: Mailbox,
  row: MailboxRow,
  { consumed, at }: At & { readonly consumed: readonly Consumed[] },
): Promise<void> {
  const keys = new Set(await mailbox.mail())
  for (const one of consumed) if (keys.has(mailKey(one.seq))) await consume(mailbox, row, { one, at })
}

async function hasControlAfter(mailbox: Mailbox, seq: number): Promise<boolean> {
  for (const key of await mailbox.mail()) {
    if (seqOf(key) <= seq) continue
    if ((await mailbox.ctx.get<MailEvent>(key))?.type === 'control') return true
  }
  return false
}

/** What is left of its mail goes to the dead letters: it may carry what an account gets back. */
async function close(
  mailbox: Mailbox,
  row: MailboxRow,
  { result, at }: At & { readonly result: Outcome },
): Promise<void> {
  const { ctx } = mailbox
  row.status = endStatus(result)
  row.endedAt = at
  row.count = 0
  row.bytes = 0
  ctx.set('result', result)
  if (row.activations > 1) ctx.clear('waits')
  // To look is a round through the server's log.
  if (row.lastSeq === 0) return
  for (const key of await mailbox.mail()) {
    const event = await ctx.get<MailEvent>(key)
    if (event !== null) mailbox.bury(row, { at, why: UNHEARD, event })
    ctx.clear(key)
  }
}

/** One alarm is on its way at a time, unless an earlier one is needed. */
export function expectAlarm(mailbox: Mailbox, row: MailboxRow, { at, inMs }: At & { readonly inMs: number }): void {
  row.wakeAt = at + inMs
  if (row.alarmAt !== undefined && row.alarmAt <= row.wakeAt) return
  setAlarm(mailbox, row, inMs)
}

function setAlarm({ sdk, ctx, names }: Mailbox, row: MailboxRow, delayMs: number): void {
  row.alarmAt = row.wakeAt!
  sendTo(
    sdk,
    ctx,
    { service: names.mailbox, key: ctx.key, method: 'due' },
    { parameter: { at: row.wakeAt }, delayMs: Math.max(0, Math.ceil(delayMs)) },
  )
}

/** An alarm. One that is not wanted any more wakes nobody. */
export async function due(mailbox: Mailbox, { at }: At): Promise<void> {
  const row = await mailbox.row()
  if (row === null) return
  if (row.alarmAt === at) delete row.alarmAt
  const dueAt = row.status === 'waiting' ? row.wakeAt : undefined
  if (dueAt !== undefined && dueAt <= at) return mailbox.wake(row, at)
  // A server that was away has rung late: what is left is counted from now.
  if (dueAt !== undefined && row.alarmAt === undefined)
    setAlarm(mailbox, row, dueAt - Math.max(at, await mailbox.ctx.date.now()))
  mailbox.write(row)
}

/** Its handler was cancelled at the server, or killed against the rule: another one goes on (rule R5). */
export async function freed(mailbox: Mailbox, { invocation }: { readonly invocation: string }): Promise<void> {
  const row = await mailbox.row()
  if (row === null || isOver(row.status) || (row.invocation !== undefined && row.invocation !== invocation)) return
  delete row.invocation
  // It has not moved since then, and does not until somebody runs it.
  mailbox.wake(row, row.updatedAt)
}

/** Another host looks at what the ones before could not run. Workers of format 2 say no time. */
export async function retry(mailbox: Mailbox, about: At | null): Promise<void> {
  const row = await mailbox.row()
  if (row?.status !== 'parked') return
  mailbox.wake(row, about?.at ?? row.updatedAt)
}
