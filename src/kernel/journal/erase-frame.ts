/** Erasing payloads of a sealed frame: its body and its hash stay, so the chain still verifies (rule J1). */
import type { EffectKey } from '../../std/index.ts'
import { baseKey } from '../keys/key.ts'
import type { SealedFrame, StoredPayload } from './seal.ts'

/** What is left of a frame's payloads, as text to store, and those that were there and are gone. */
export type ErasedFrame = { readonly payloads: string; readonly gone: readonly NonNullable<StoredPayload>[] }

/** Without all its payloads, or without those of one effect. */
export function eraseFrame(frame: SealedFrame, key: EffectKey | undefined): ErasedFrame {
  const stored = JSON.parse(frame.payloads) as StoredPayload[]
  const chosen = key === undefined ? undefined : referencesOf(frame, key)
  const gone: NonNullable<StoredPayload>[] = []
  const left = stored.map((payload, i) => {
    if (payload === null || chosen?.has(i) === false) return payload
    gone.push(payload)
    return null
  })
  return { payloads: JSON.stringify(left), gone }
}

/** Which payloads of a frame belong to an effect. */
function referencesOf(frame: SealedFrame, key: EffectKey): ReadonlySet<number> {
  const found = new Set<number>()
  for (const fact of JSON.parse(frame.body) as { readonly key?: EffectKey }[])
    if (fact.key !== undefined && baseKey(fact.key) === key)
      JSON.stringify(fact, (name, value: unknown) => {
        if (name === '$p') found.add(value as number)
        return value
      })
  return found
}
