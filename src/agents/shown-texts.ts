/** What an agent's model is shown at every step: named by hash, so that one can say afterwards what it saw. */
import type { ShownText, ShownTexts, ToolSpec } from '../kernel/index.ts'
import type { Toolset } from './toolset.ts'

/** Tool definitions of an agent do not change while its code does not: they are hashed once. */
const ofTools = new WeakMap<Toolset, ShownText>()

/** The system prompt and the tool definitions, as far as there are any. */
export function shownTextsOf(prompt: string, tools: Toolset, hash: (text: string) => string): ShownTexts {
  return {
    ...(prompt === '' ? {} : { prompt: { hash: hash(prompt), text: prompt } }),
    ...(tools.size === 0 ? {} : { tools: toolsText(tools, hash) }),
  }
}

function toolsText(tools: Toolset, hash: (text: string) => string): ShownText {
  const known = ofTools.get(tools)
  if (known !== undefined) return known
  const specs: readonly ToolSpec[] = [...tools.values()].map((entry) => entry.spec)
  const text = JSON.stringify(specs)
  const shown = { hash: hash(text), text }
  ofTools.set(tools, shown)
  return shown
}
