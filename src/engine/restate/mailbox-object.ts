/**
 * The mailbox of a process: a virtual object keyed by its pid, through which everything goes that comes for it (rule R3).
 * The server runs one handler of it at a time, so what is decided here needs no lock and no order of its own.
 *
 * Invariants:
 * 1. What has come is in the object's state before its sender is answered.
 * 2. A handler that is open for the process is sent a signal for everything that comes after it is known here, and one
 *    for all that came before.
 * 3. A process rests only if it has heard of everything that came; from then on this object decides when it runs again.
 */
import { isOver } from '../process-view.ts'
import { control, put, start, switched } from './arrivals.ts'
import { admit, claim, hasArrived, isTaken, install, receive, unclaim } from './arriving.ts'
import { erase } from './erasing.ts'
import { comeBack, confirm, hold, leave, release } from './leaving.ts'
import { luggage, luggageMail, luggageSeen } from './luggage.ts'
import { pageAfter } from './mail-page.ts'
import { Mailbox } from './mailbox.ts'
import { acknowledge, began, due, freed, rest, retry } from './resting.ts'
import type { Exclusive, Sdk, Shared } from './sdk.ts'
import { MARKED, largeObjectOptions, unheedingOptions, wholeStateOptions } from './sdk.ts'
import type { MailboxLoad, MailboxRow, MailboxView, MailPage, ServiceNames } from './wire.ts'

/** The definition of the object, for a worker to serve. */
export function mailboxObject(sdk: Sdk, names: ServiceNames) {
  const { shared, exclusive } = sdk.handlers.object
  const on =
    <I, O>(handle: (mailbox: Mailbox, input: I) => Promise<O>) =>
    (ctx: Exclusive, input: I): Promise<O> =>
      handle(new Mailbox(sdk, ctx, names), input)
  return sdk.object({
    name: names.mailbox,
    handlers: {
      start: exclusive(wholeStateOptions, on(start)),
      put: on(put),
      control: on(control),
      switched: on(switched),
      began: on(began),
      acknowledge: on(acknowledge),
      rest: on(rest),
      restUnheard: exclusive(wholeStateOptions, on(rest)),
      due: on(due),
      retry: on(retry),
      freed: on(freed),
      erase: on(erase),
      knock: on(knock),
      hold: on(hold),
      release: on(release),
      leave: on(leave),
      comeBack: on(comeBack),
      confirm: on(confirm),
      claim: on(claim),
      unclaim: on(unclaim),
      receive: on(receive),
      install: on(install),
      admit: on(admit),
      view: shared(view),
      load: shared(load),
      peek: shared(peek),
      isTaken: shared(isTaken),
      hasArrived: shared(hasArrived),
      luggage: shared(luggage),
      luggageMail: shared(luggageMail),
      luggageSeen: shared(luggageSeen),
    },
    metadata: MARKED,
    options: { ...largeObjectOptions, ...unheedingOptions },
  })
}

/** Answered when everything has been that came before it. */
const knock = async (): Promise<void> => {}

async function view(ctx: Shared): Promise<MailboxView | null> {
  const [kept, ended, open] = [
    ctx.get<MailboxRow>('row'),
    ctx.get<NonNullable<MailboxView['result']>>('result'),
    ctx.get<MailboxView['waits']>('waits'),
  ]
  const [row, result, waits] = [await kept, await ended, await open]
  if (row === null) return null
  return { row, waits: waits ?? [], ...(isOver(row.status) && result !== null ? { result } : {}) }
}

async function load(ctx: Shared): Promise<MailboxLoad | null> {
  const [kept, asked] = [ctx.get<MailboxRow>('row'), ctx.get<MailboxLoad['request']>('request')]
  const [row, request] = [await kept, await asked]
  return row === null || request === null ? null : { row, request, mail: await pageAfter(ctx, row, 0) }
}

async function peek(ctx: Shared, { after }: { readonly after: number }): Promise<MailPage> {
  const row = await ctx.get<MailboxRow>('row')
  // Nobody hears any more what has left.
  return pageAfter(ctx, row?.left === undefined ? row : null, after)
}
