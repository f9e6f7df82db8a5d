import { SkeinError } from '../../std/index.ts'

/** What a workflow asks of the engine that it runs on, where not every engine promises it. */
export type EngineNeeds = {
  /** What was acknowledged outlives the loss of a machine. */
  readonly durability?: 'quorum'
  /** Runs go on on another machine. */
  readonly nodes?: 'many'
  /** Whoever began an attempt is known to be dead before the next one begins. */
  readonly ownerDeath?: 'known'
}

/** What an engine promises. */
export type EnginePromises = { readonly [name in keyof EngineNeeds]-?: string }

const KNOWN: { readonly [name in keyof EngineNeeds]-?: string } = {
  durability: 'quorum',
  nodes: 'many',
  ownerDeath: 'known',
}

/** Needs as a member of a definition. Throws `DEFINITION_INVALID` for what no engine could be asked. */
export function needsMember(name: string, needs: EngineNeeds | undefined): { readonly needs?: EngineNeeds } {
  if (needs === undefined) return {}
  for (const [what, wanted] of Object.entries(needs))
    if (wanted !== undefined && KNOWN[what as keyof EngineNeeds] !== wanted)
      throw new SkeinError(
        'DEFINITION_INVALID',
        `workflow ${name} needs ${what}: ${JSON.stringify(wanted)}; what can be needed is ${JSON.stringify(KNOWN)}`,
      )
  return { needs }
}

/** Throws `ENGINE_LACKS` where an engine does not promise what a definition needs. */
export function checkNeeds(
  definition: { readonly name: string; readonly needs?: EngineNeeds },
  has: EnginePromises,
): void {
  const { name, needs = {} } = definition
  for (const [what, wanted] of Object.entries(needs)) {
    const given = has[what as keyof EngineNeeds]
    if (wanted !== undefined && given !== wanted)
      throw new SkeinError(
        'ENGINE_LACKS',
        `${name} needs an engine with ${what}: '${wanted}', and this one has '${given}'; ` +
          'open one that promises it (docs/guide/cluster.md), or take it out of `needs`',
      )
  }
}
