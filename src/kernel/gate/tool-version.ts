import type { EffectAsk } from '../effects/ask.ts'

/** Version of the tool's definition, where it has one. */
export function versionOf(ask: EffectAsk): string | undefined {
  return ask.work.kind === 'tool' ? ask.work.tool.version : undefined
}
