/** Which code a process goes on with, and how it comes to other code (rules U1–U4). */
import { SkeinError } from '../../std/index.ts'
import type { AnyDefinition, CodeRegistry } from '../definitions/definition.ts'
import type { WriteVerdict } from '../journal/facts.ts'
import { failure, NOTHING } from '../journal/outcome.ts'
import type { Process } from '../processes/process.ts'
import { UPGRADE_KEY } from './adoption.ts'
import { dryReplay } from './dry-replay.ts'
import type { DryReplayed } from './dry-replay.ts'
import type { UpgradeReport } from './report.ts'

/** Somebody has asked for other code. */
export type UpgradeAsked = { readonly verdicts: readonly WriteVerdict[]; readonly by: string }

type Found = NonNullable<ReturnType<CodeRegistry['find']>>

/** Who adopts where the definition says that it is to be adopted. */
const BY_DEFINITION = 'onUpgrade'
const NAMED_MAX = 3

/**
 * Finds the code of a process that was born: the code that it runs, or the newest where it adopts or was asked to.
 * Throws `CODE_ABSENT`, `UPGRADE_AMBIGUOUS`. True when code was adopted: then it is a fact.
 */
export async function findCode(process: Process, given: UpgradeAsked | undefined): Promise<boolean> {
  const { state, deps } = process
  const { workflow, kind } = process.act.start
  const found = deps.code.find(workflow)
  const newest = found?.definition.kind === kind ? found : undefined
  const exact = deps.code.exact(workflow, state.codeDigest)
  const asked = given ?? state.upgradeAsked
  const isOther = newest !== undefined && newest.codeDigest !== state.codeDigest
  // Definitions of one name may live side by side: only what the host itself registered takes over from code that is there.
  const adopts = isOther && newest.definition.onUpgrade === 'adopt' && (newest.isRegistered || exact === undefined)
  if (newest !== undefined && (adopts || asked !== undefined)) {
    const refused = await adopt(process, newest, asked ?? { verdicts: [], by: BY_DEFINITION })
    if (refused === undefined) return isOther || asked !== undefined
    if (adopts || exact === undefined) throw refused
  }
  if (exact === undefined) throw codeAbsent(process, workflow, found)
  use(process, exact, state.codeDigest)
  return false
}

/** Moves to the code where it can; gives the reason where it cannot. */
export async function adopt(process: Process, newest: Found, asked: UpgradeAsked): Promise<SkeinError | undefined> {
  const { definition, codeDigest } = newest
  const { state, act, deps } = process
  const isRefused = (error: SkeinError): SkeinError => {
    if (state.upgradeAsked !== undefined)
      process.record({ type: 'answered', key: UPGRADE_KEY, outcome: failure(error.toJSON()), by: asked.by })
    return error
  }
  let adopted: DryReplayed['adopted']
  if (definition.kind === 'agent') {
    const { version } = definition
    adopted = { type: 'adopted', from: state.codeDigest, to: codeDigest, version, orphans: [] }
  } else {
    const replayed = await dryReplay({ act, deps, state, definition, codeDigest, verdicts: asked.verdicts })
    if (replayed.report.outcome === 'parked') return isRefused(upgradeAmbiguous(replayed.report))
    adopted = replayed.adopted
  }
  if (state.upgradeAsked !== undefined)
    process.record({ type: 'answered', key: UPGRADE_KEY, outcome: { type: 'ok', value: NOTHING }, by: asked.by })
  process.record({ ...adopted, by: asked.by })
  use(process, definition, codeDigest)
  return undefined
}

function use(process: Process, definition: AnyDefinition, codeDigest: string): void {
  process.definition = definition
  process.codeDigest = codeDigest
}

/** Code for a process that has none: nobody has it, or others have other code of its name. */
export function codeAbsent(process: Process, name: string, other: Found | undefined): SkeinError {
  const why =
    other === undefined
      ? `this host has no definition named ${name}`
      : `this host has other code of ${name} than the run was born with`
  const mend =
    other === undefined
      ? 'start the host with its file'
      : `put the old code back, move it to the new (skein upgrade ${process.pid} shows whether that can be), or cancel it`
  return new SkeinError('CODE_ABSENT', `${process.pid} cannot go on: ${why}; ${mend}`)
}

/** Other code cannot go on by itself from what was done. */
export function upgradeAmbiguous(report: UpgradeReport): SkeinError {
  const { pid, workflow, ambiguous, error } = report
  const head = `${pid} cannot go on with the new code of ${workflow} by itself`
  if (error !== undefined)
    return new SkeinError(
      'UPGRADE_AMBIGUOUS',
      `${head}: run against what was done so far, it stops with ${error.code}: ${error.message}`,
      {
        data: { report },
      },
    )
  const asks = ambiguous.slice(0, NAMED_MAX).map(({ name, why, candidates }) => {
    const [first] = candidates
    if (why === 'scope is closed') return `${name} is asked for in branches that were over`
    if (why === 'was answered') return `${name} was answered before, at another place`
    return `${name} may be done already${first === undefined ? '' : ` (fact ${first.seq})`}`
  })
  const more = ambiguous.length > NAMED_MAX ? `, and ${ambiguous.length - NAMED_MAX} more` : ''
  return new SkeinError(
    'UPGRADE_AMBIGUOUS',
    `${head}: ${asks.join(', ')}${more}; look with skein upgrade ${pid} --dry-run, then say --reuse, --new or ` +
      '--fail for each, or put the old code back',
    { data: { report } },
  )
}
