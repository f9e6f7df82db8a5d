/**
 * A program that is killed: what runs, and what a life does about it. Each has one right result, whatever the order in
 * which things happen.
 */
import type { Budget, Skein } from 'skein'
import type { AnyDefinition } from '../../../src/kernel/index.ts'

/** One life of a program: a data folder that was opened, and how many lives there were before. */
export type Stage = { readonly skein: Skein; readonly life: number }

/** A program by its code. */
export type Program = {
  /** What this life's program can run. */
  readonly definitions: (life: number) => readonly AnyDefinition[]
  /** Starts it, or finds it, and resolves to its result. */
  readonly play: (stage: Stage) => Promise<unknown>
  /** False: nobody has to look, agree, answer or pay. */
  readonly isAttended?: boolean
}

/** The program that runs one definition to its end; those below it are to be found by name. */
export function programOf(
  definition: AnyDefinition,
  about: { readonly input?: unknown; readonly budget?: Budget; readonly below?: readonly AnyDefinition[] } = {},
): Program {
  const { input, budget = { toolCalls: 500, modelCalls: 500, processes: 50 }, below = [] } = about
  return {
    definitions: () => [definition, ...below],
    play: async ({ skein }) =>
      (await skein.start(definition as never, input as never, { id: definition.name, budget })).result(),
  }
}
