/** The prompt and the tool definitions of a model call: a hash on every intent, the text once per process. */
import type { ShownText } from '../definitions/reducer.ts'
import type { EffectAsk } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Process } from '../processes/process.ts'

const NOTHING_SHOWN = {}

/** What an intent says of them. */
export function hashesOf({ work }: EffectAsk): { readonly prompt?: string; readonly tools?: string } {
  const shown = work.kind === 'model' ? work.shown : undefined
  if (shown === undefined) return NOTHING_SHOWN
  const { prompt, tools } = shown
  if (prompt === undefined) return tools === undefined ? NOTHING_SHOWN : { tools: tools.hash }
  return tools === undefined ? { prompt: prompt.hash } : { prompt: prompt.hash, tools: tools.hash }
}

/** The texts that this process has not recorded yet. */
export function shownFirst({ state }: Process, { work }: EffectAsk): readonly FactBody[] {
  const { prompt, tools } = (work.kind === 'model' ? work.shown : undefined) ?? {}
  const facts: FactBody[] = []
  if (prompt !== undefined && !state.shown.has(prompt.hash)) facts.push(shownFact('prompt', prompt))
  if (tools !== undefined && !state.shown.has(tools.hash)) facts.push(shownFact('tools', tools))
  return facts
}

function shownFact(what: 'prompt' | 'tools', { hash, text }: ShownText): FactBody {
  return { type: 'shown', what, hash, text: payloadOf(text) }
}
