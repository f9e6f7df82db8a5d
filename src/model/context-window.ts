/** Context windows that makers of models have published: what a model surely reads, not what a server was set to. */
import { modelName } from '../kernel/index.ts'
import type { ModelRef } from '../kernel/index.ts'

/** By the beginning of the model's own name; input tokens where input and output have limits of their own. */
const WINDOWS: readonly (readonly [name: RegExp, tokens: number])[] = [
  [/^gpt-5/, 272_000],
  [/^gpt-4\.1/, 1_000_000],
  [/^gpt-4(o|-turbo)/, 128_000],
  [/^o[134](-|$)/, 200_000],
  [/^claude-/, 200_000],
  [/^gemini-/, 1_000_000],
]

/** Tokens that a model reads at once; undefined for models, aliases and servers of which that is not known. */
export function contextWindowOf(ref: ModelRef): number | undefined {
  const own = modelName(ref).split('/').at(-1) ?? ''
  return WINDOWS.find(([name]) => name.test(own))?.[1]
}
