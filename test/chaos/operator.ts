/** The person beside the run: looks at the far side when an outcome is unknown, agrees, answers, pays. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Skein } from 'skein'
import { baseKey, doubtOf, isTooLate } from './operator-keys.ts'
import { far } from './far-tools.ts'

const ROUND_MS = 15
/** On a server each look is a query, and many who look are a load that no user has. */
const ROUND_ON_SERVER_MS = 400

/** Looks round until the signal is aborted. */
export async function attend(
  skein: Skein,
  engine: Parameters<typeof doubtOf>[0],
  { signal, isOnServer }: { readonly signal: AbortSignal; readonly isOnServer: boolean },
) {
  while (!signal.aborted) {
    for await (const view of skein.list())
      for (const { key, on } of view.waits) {
        const effect = `${view.pid}/${baseKey(key)}`
        try {
          if (on.kind === 'approval') await skein.approve(effect)
          if (on.kind === 'answer') await skein.answer(effect, { many: 7 })
          if (on.kind === 'budget') await skein.topUp(view.pid, { toolCalls: on.need.toolCalls ?? 1 })
          if (on.kind === 'operator') {
            // Before the look: what it finds says nothing of an attempt that was begun since.
            const { id, attempt } = await doubtOf(engine, view.pid, baseKey(key))
            const found = await far.look({ tool: 'operator', key: id, attempt: 1, input: null })
            const became = 'done' in found ? { done: found.done } : ({ again: true } as const)
            await skein.resolve(effect, { ...became, attempt }, { by: 'ann' })
          }
        } catch (thrown) {
          if (!isTooLate(thrown)) throw thrown
        }
      }
    await sleep(isOnServer ? ROUND_ON_SERVER_MS : ROUND_MS)
  }
}
