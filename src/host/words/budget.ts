/** Budgets as people type them: `90s`, `$0.5`, `20000-tokens`, `50-processes`, several joined by commas. */
import type { Budget } from '../../kernel/index.ts'
import { durationMs, SkeinError } from '../../std/index.ts'

const COUNTED = {
  tokens: 'tokens',
  token: 'tokens',
  'model-calls': 'modelCalls',
  'tool-calls': 'toolCalls',
  processes: 'processes',
} as const

const FORMS =
  '90s, 0.5usd, 20000-tokens, 30-model-calls, 100-tool-calls, 50-processes, or several with commas; ' +
  'add strict to fail instead of wait'

/** The budget that a text says. Throws `USAGE`. */
export function parseBudget(text: string): Budget {
  let budget: Budget = {}
  for (const part of text.split(',')) budget = { ...budget, ...parsePart(part.trim(), text) }
  return budget
}

function parsePart(part: string, whole: string): Budget {
  if (part === 'strict') return { strict: true }
  const usd = /^(?:\$(\d*\.?\d+)|(\d*\.?\d+)\s*(?:usd|USD|\$))$/.exec(part)
  if (usd !== null) return { usd: Number(usd[1] ?? usd[2]) }
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(part)) return { time: durationMs(part) }
  const counted = /^(\d+)[- ]?([a-z-]+)$/.exec(part)
  const dimension = counted === null ? undefined : COUNTED[counted[2] as keyof typeof COUNTED]
  if (counted !== null && dimension !== undefined) return { [dimension]: Number(counted[1]) }
  const quoted = /^\D*\.\d+$/.test(part)
    ? ` (a shell reads $0 in double or no quotes: write --budget '$0.5' or 0.5usd)`
    : ''
  throw new SkeinError('USAGE', `--budget ${whole} is not a budget${quoted}; write ${FORMS}`)
}
