/** `run()`: one durable run, from a program that has nothing open. */
import type { AnyDefinition, DefinitionInput, DefinitionOutput } from '../kernel/index.ts'
import type { ModelsConfig } from '../model/index.ts'
import type { Duration } from '../std/index.ts'
import { asPid } from '../std/index.ts'
import type { RunSettings } from './skein.ts'

/** How to run something durably. */
export type RunOptions = RunSettings & {
  readonly data?: string
  readonly models?: ModelsConfig
  /** Beside another owner of the data folder: fail (default), wait until it leaves, or wait at most that long. */
  readonly wait?: boolean | Duration
}

/**
 * Runs a definition to its end and returns its value. With an `id` the same call resumes after a crash and returns the
 * same value when it has finished; without one the run is durable all the same, and its id is printed.
 */
export async function run<D extends AnyDefinition>(
  definition: D,
  input?: DefinitionInput<D>,
  options: RunOptions = {},
): Promise<DefinitionOutput<D>> {
  const { id, budget, ...opening } = options
  // Loaded here, so that a program that only defines agents and workflows starts fast.
  const { sharedHost } = await import('./hosting/shared-host.ts')
  const { hintWhenResting } = await import('./hosting/hint.ts')
  const { commandFor } = await import('./words/command.ts')
  const { skeinOf } = await import('./skein.ts')
  const shared = await sharedHost(opening)
  try {
    const skein = skeinOf(shared.host, {
      close: () => Promise.resolve(),
      closed: Promise.resolve(),
      data: opening.data,
    })
    const handle = await skein.start(definition, input, {
      ...(id === undefined ? {} : { id }),
      ...(budget === undefined ? {} : { budget }),
    })
    if (id === undefined)
      process.stderr.write(`skein: this run is ${handle.id}; run it with { id: '${handle.id}' } to resume it\n`)
    using _hint = hintWhenResting(shared.host.engine, asPid(handle.id), {
      say: (line) => process.stderr.write(`skein: ${line}\n`),
      command: commandFor(opening.data),
    })
    return await handle.result()
  } finally {
    await shared.release()
  }
}
