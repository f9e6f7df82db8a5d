/** Amounts, times and sizes as people read them. */
import type { Amounts } from '../../kernel/index.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `0.4s`, `12s`, `3m12s`, `2h05m`, `3d4h`. */
export function elapsedWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms))
  if (whole < 10 * SECOND_MS) return `${(Math.floor(whole / 100) / 10).toFixed(1)}s`
  if (whole < MINUTE_MS) return `${Math.floor(whole / SECOND_MS)}s`
  if (whole < HOUR_MS) return `${Math.floor(whole / MINUTE_MS)}m${pad(Math.floor((whole % MINUTE_MS) / SECOND_MS))}s`
  if (whole < DAY_MS) return `${Math.floor(whole / HOUR_MS)}h${pad(Math.floor((whole % HOUR_MS) / MINUTE_MS))}m`
  return `${Math.floor(whole / DAY_MS)}d${Math.floor((whole % DAY_MS) / HOUR_MS)}h`
}

const pad = (n: number): string => String(n).padStart(2, '0')

/** `$0.31`; small sums keep two digits that say something: `$0.0042`. */
export function usdWords(microUsd: number): string {
  const usd = microUsd / 1e6
  if (usd === 0 || Math.abs(usd) >= 0.1) return `$${usd.toFixed(2)}`
  const digits = Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(usd)))))
  return `$${usd.toFixed(digits)}`
}

/** `800 B`, `3.1 kB`, `2.0 MB`. */
export function bytesWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** `1 effect`, `4 effects`. */
export function countWords(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : nounPlural(noun)}`
}

const nounPlural = (noun: string): string => (noun.endsWith('s') ? `${noun}es` : `${noun}s`)

/** All dimensions that are not 0: `$0.31, 4 model calls, 12s in effects`; `nothing` when there are none. */
export function amountsWords(amounts: Amounts): string {
  const parts: string[] = []
  if (amounts.microUsd) parts.push(usdWords(amounts.microUsd))
  if (amounts.tokens) parts.push(`${amounts.tokens} tokens`)
  if (amounts.effectMs) parts.push(`${elapsedWords(amounts.effectMs)} in effects`)
  if (amounts.modelCalls) parts.push(countWords(amounts.modelCalls, 'model call'))
  if (amounts.toolCalls) parts.push(countWords(amounts.toolCalls, 'tool call'))
  if (amounts.processes) parts.push(countWords(amounts.processes, 'process'))
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

/** What a row shows of an account: money where there is any, else time inside effects; `of` the cap where there is one. */
export function spendWords(spent: Amounts, cap: Amounts | undefined): string {
  if (spent.microUsd || cap?.microUsd !== undefined)
    return ofCap(usdWords(spent.microUsd ?? 0), cap?.microUsd, usdWords)
  if (cap?.effectMs !== undefined) return ofCap(elapsedWords(spent.effectMs ?? 0), cap.effectMs, elapsedWords)
  if (cap?.tokens !== undefined) return ofCap(String(spent.tokens ?? 0), cap.tokens, (n) => `${n} tokens`)
  return ''
}

const ofCap = (spent: string, cap: number | undefined, words: (n: number) => string): string =>
  cap === undefined ? spent : `${spent} of ${words(cap)}`
