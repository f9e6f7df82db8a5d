/** What was written, in words. Pure. */
import { many } from '../report/words.ts'
import type { Ending, Fate, Written } from './types.ts'

/** How many blind spots have a test now, and what became of the others. */
export function writtenWords({ ends, left, stopped }: Written): string {
  const count = (type: Ending['type']): number => ends.filter((end) => end.type === type).length
  const refused = ends.reduce((sum, end) => sum + end.refused, 0)
  return [
    `${many(count('proved'), 'test')} proved`,
    ...(count('covered') === 0 ? [] : [`${count('covered')} more noticed by them`]),
    ...(count('given up') === 0 ? [] : [`${count('given up')} given up`]),
    ...(refused === 0 ? [] : [`${many(refused, 'answer')} refused`]),
    ...(left === 0 ? [] : [`${left} not looked at${stopped === undefined ? '' : `: ${stopped}`}`]),
  ].join(', ')
}

const FATES: Readonly<Record<Fate, (written: Written) => string>> = {
  nothing: () => 'nothing to add',
  asked: () => 'waiting for your yes',
  applied: ({ files }) => `added to ${files.join(', ')}`,
  denied: () => 'denied, so nothing was changed',
  expired: () => 'nobody said yes in time, so nothing was changed',
  changed: () => 'not added',
  failed: () => 'not added',
  red: () => 'not added: together they fail on the unchanged program',
}

/** What became of the patch. */
export function fateWords(written: Written): string {
  const isExplained = written.fate === 'changed' || written.fate === 'failed'
  const why = isExplained && written.why !== undefined ? `: ${written.why}` : ''
  return `${FATES[written.fate](written)}${why}`
}

/** What the model used. */
export function priceWords({ tokens, microUsd }: Pick<Written, 'tokens' | 'microUsd'>): string {
  return `${many(tokens, 'token')}${microUsd === 0 ? '' : `, $${(microUsd / 1e6).toFixed(4)}`}`
}
