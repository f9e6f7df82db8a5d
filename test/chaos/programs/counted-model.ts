import { createHash } from 'node:crypto'
import { MODEL_KEY } from '../../../src/testing/crash/ledger-entry.ts'
import { scriptedModel } from '../../../src/testing/models/scripted-model.ts'
import type { Script, ScriptedCall } from '../../../src/testing/models/scripted-model.ts'
import { far } from '../far-tools.ts'

/** What it says in a turn. */
export type Turn = ReturnType<Exclude<Script, readonly unknown[]>>

/** What tells one edition of an agent from the other. */
const EDITION = /Edition \d+/g

/** A model whose calls the ledger counts, with what it was shown. */
export function countedModel(modelId: string, script: (call: ScriptedCall) => Turn) {
  return scriptedModel(
    async (call) => {
      const input = { turn: call.turn, prompt: digestOf(call.options.prompt) }
      await far.do({ tool: modelId, key: MODEL_KEY, attempt: 1, input, inert: true })
      return script(call)
    },
    { modelId },
  )
}

/** Without what a provider adds for itself; editions of one agent count as one. */
function digestOf(prompt: ScriptedCall['options']['prompt']): string {
  const text = JSON.stringify(prompt, (name, value: unknown) =>
    name === 'providerOptions' ? undefined : value,
  ).replaceAll(EDITION, 'Edition')
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
