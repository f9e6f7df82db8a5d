/** The prompt and the tool definitions of a model call: a hash on every intent, the text once per process. */
import type { EffectAsk } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Process } from '../processes/process.ts'

/** What an intent says of them. */
export function hashesOf({ work }: EffectAsk): { readonly prompt?: string; readonly tools?: string } {
  const { prompt, tools } = (work.kind === 'model' ? work.shown : undefined) ?? {}
  return {
    ...(prompt === undefined ? {} : { prompt: prompt.hash }),
    ...(tools === undefined ? {} : { tools: tools.hash }),
  }
}

/** The texts that this process has not recorded yet. */
export function shownFirst({ state }: Process, { work }: EffectAsk): readonly FactBody[] {
  const texts = (work.kind === 'model' ? work.shown : undefined) ?? {}
  return (['prompt', 'tools'] as const).flatMap((what): FactBody[] => {
    const shown = texts[what]
    if (shown === undefined || state.shown.has(shown.hash)) return []
    return [{ type: 'shown', what, hash: shown.hash, text: payloadOf(shown.text) }]
  })
}
