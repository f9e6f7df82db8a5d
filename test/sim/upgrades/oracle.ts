/**
 * What "the world equals a run of the new code on the old prefix" means, as laws over the ledger of the world, the
 * log of the code that came to the end, and the journal:
 *
 * 1. Every answer that a write got is what the world did for that very call, and no two calls share a deed: nothing is
 *    skipped in silence.
 * 2. Every deed is the answer of a call of the code that ended, or of an effect that the journal names as an orphan, or
 *    that was stopped with its scope: nothing is repeated in silence.
 * 3. What the code put one after the other was done in that order, unless the second had been done before the adoption
 *    and the first was not (a late insert).
 * 4. A read that was asked for when a write had been answered has seen it, under the same reservation.
 * 5. What is parked says why.
 */
import type { Fact } from '../../../src/kernel/index.ts'
import type { ProcessView } from '../../../src/engine/index.ts'
import { factsOf } from '../../../src/testing/index.ts'
import type { Deed } from '../../../src/testing/index.ts'
import type { EditedValue, Line } from './program.ts'

/** What is judged. */
export type EditedWorld = {
  readonly view: ProcessView
  readonly facts: readonly Fact[]
  readonly ledger: readonly Deed[]
  /** What the code that came to the end says of itself. */
  readonly value: EditedValue | undefined
  /** Length of the ledger when the code was changed. */
  readonly doneBefore: number
}

/** What breaks the laws. */
export function offencesOfEdit({ view, facts, ledger, value, doneBefore }: EditedWorld): readonly string[] {
  if (view.status === 'parked')
    return view.parked?.code === 'UPGRADE_AMBIGUOUS' ? [] : [`parked: ${view.parked?.code}: ${view.parked?.message}`]
  if (value === undefined) return []
  const told = value.log.filter((line): line is Told => line.what === 'told' && line.n !== undefined)
  return [...wrongAnswers(told, ledger), ...unexplained(told, facts, ledger), ...disorder(value.log, doneBefore)]
}

type Told = Line & { readonly n: number }

function wrongAnswers(told: readonly Told[], ledger: readonly Deed[]): readonly string[] {
  const offences: string[] = []
  const used = new Map<number, string>()
  for (const { call, at, n } of told) {
    const deed = ledger[n]
    if (call === 'read' || deed === undefined) continue
    const name = nameOf(deed)
    if (name !== at) offences.push(`wrong: ${at} was told what ${name} did`)
    if (used.has(n)) offences.push(`skipped: ${at} and ${used.get(n)} were told of one deed`)
    used.set(n, at)
  }
  return offences
}

function nameOf({ service, input }: Deed): string {
  const { site, item } = input as { site: number; item?: string }
  return `${service} ${site}${item ?? ''}`
}

/** Deeds that no call of the code was told of, and that the journal does not show. */
function unexplained(told: readonly Told[], facts: readonly Fact[], ledger: readonly Deed[]): readonly string[] {
  const known = new Set(told.map(({ n }) => n))
  const orphans = new Set<string>(factsOf(facts, 'adopted').flatMap((fact) => fact.orphans))
  const closed = factsOf(facts, 'closed').map(({ scope }) => scope)
  const isShown = (key: string): boolean =>
    orphans.has(key) ||
    closed.some((scope) => key.startsWith(`${scope}[`)) ||
    factsOf(facts, 'unknown').some((fact) => fact.key === key)
  return ledger.flatMap((deed, n) => {
    if (deed.what !== 'done' || deed.service === 'read' || known.has(n)) return []
    const key = deed.key.split('/').slice(3).join('/')
    return isShown(key)
      ? []
      : [`repeated: ${nameOf(deed)} was done (${key}), no call was told of it, and nothing shows it`]
  })
}

/** What was told before something else was asked for must have been done before it, but for what was done late. */
function disorder(log: readonly Line[], doneBefore: number): readonly string[] {
  const offences: string[] = []
  const written: Told[] = []
  const asked = new Map<number, readonly Told[]>()
  for (const line of log) {
    if (line.what === 'ask') {
      asked.set(line.id, [...written])
      continue
    }
    const { n } = line
    if (n === undefined) continue
    for (const earlier of asked.get(line.id) ?? []) {
      const isLateInsert = n < doneBefore && earlier.n >= doneBefore
      if (earlier.n > n && !isLateInsert)
        offences.push(`stale: ${line.at} (${n}) was asked for after ${earlier.at} (${earlier.n})`)
    }
    if (line.call === 'write') written.push(line as Told)
  }
  return offences
}
