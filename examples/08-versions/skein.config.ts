/** Two stand-ins for models, so that this needs no key: each goes on where the conversation says it is. */
import { scriptedModel } from 'skein/testing'
import type { ScriptedCall, ScriptedTurn } from 'skein/testing'
import { SHELVES } from './shop.ts'

const TALK = 'I go from shelf to shelf and look at each of them with care. '.repeat(8)

function keeper(name: string): (call: ScriptedCall) => ScriptedTurn {
  return ({ options }) => {
    const said = JSON.stringify(options.prompt)
    const seen = [...said.matchAll(/shelf-(\d+) (?:has|weighs|was seen)/g)].map(([, n]) => Number(n))
    const last = Math.max(0, ...seen)
    const gone = /TOOL_GONE|tool was gone/.test(said) ? ' A tool was gone.' : ''
    // Asked for a summary: there are no tools then.
    if (options.tools === undefined) return { text: `shelf-${last} was seen, and all before it.${gone}` }
    if (last === SHELVES) return { text: `${name} has seen all ${last} shelves.${gone}` }
    const has = (tool: string): boolean => options.tools?.some((offered) => offered.name === tool) === true
    const tools = [has('weigh') ? 'weigh' : 'count', ...(has('price') ? ['price'] : [])]
    return { text: TALK, calls: tools.map((tool) => ({ tool, input: { shelf: last + 1 } })) }
  }
}

export default {
  models: { aliases: { first: scriptedModel(keeper('first')), second: scriptedModel(keeper('second')) } },
}
