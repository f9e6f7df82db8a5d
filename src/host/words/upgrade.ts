/** What other code would make of a run, in words that an operator understands. */
import type { AmbiguousAsk, AskedAnew, RecordedEffect, UpgradeReport } from '../../kernel/index.ts'
import { unreachable } from '../../std/index.ts'
import { countWords } from './amounts.ts'

/** One line: what it comes to. */
export function upgradeWords(report: UpgradeReport): string {
  switch (report.outcome) {
    case 'identical':
      return 'identical: the new code asks for all that was done'
    case 'late-insert':
      return `late insert: ${countWords(report.misses.length, 'call')} of the new code would be done now, after what was done already`
    case 'orphan':
      return report.orphans.length === 1
        ? 'orphan: 1 effect of the old code stays done, and the new code does not ask for it'
        : `orphan: ${report.orphans.length} effects of the old code stay done, and the new code does not ask for them`
    case 'parked':
      return report.error === undefined
        ? `parked: ${countWords(report.ambiguous.length, 'call')} may have been done already, and nobody can say without you`
        : `parked: ${report.error.code}: ${report.error.message}`
    default:
      return unreachable(report.outcome, 'outcome of a dry replay')
  }
}

/** Everything that was found, line by line. */
export function upgradeLines(report: UpgradeReport): string[] {
  return [
    upgradeWords(report),
    `  found again  ${countWords(report.hits, 'effect')}`,
    ...report.misses.map((miss) => `  new          ${missWords(miss)}`),
    ...report.orphans.map((orphan) => `  left over    ${recordWords(orphan)}`),
    ...(report.unregistered ?? []).map(
      (name) => `  no way back  ${name}: the new code does not register this compensation`,
    ),
    ...report.ambiguous.flatMap(ambiguousLines),
  ]
}

function missWords({ name, kind, because }: AskedAnew): string {
  const title = name === kind ? name : `${kind} ${name}`
  switch (because) {
    case undefined:
      return title
    case 'late':
    case 'asked anew':
      return `${title}: asked for anew, its old answer is from another moment`
    case 'limit':
      return `${title}: asked for anew, it had failed on a limit`
    case 'given up':
      return `${title}: asked for anew, it was given up before`
    default:
      return unreachable(because, 'reason')
  }
}

function recordWords({ name, class: effectClass, state, seq, child }: RecordedEffect): string {
  const kind = effectClass === undefined ? '' : `${effectClass}, `
  const about = child === undefined ? '' : ` (${child})`
  return `${name}${about}: ${kind}${state}, fact ${seq}`
}

function ambiguousLines({ name, why, candidates }: AmbiguousAsk): string[] {
  const head = ((): string => {
    switch (why) {
      case 'may be done':
        return `${name}: may have been done already`
      case 'was answered':
        return `${name}: was answered at another place, and cannot be answered again`
      case 'scope is closed':
        return `${name}: is asked for in branches that were over`
      default:
        return unreachable(why, 'why')
    }
  })()
  return [`  AMBIGUOUS    ${head}`, ...candidates.map((record) => `                 as ${recordWords(record)}`)]
}
