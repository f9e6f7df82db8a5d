/** `workflow()`: a named, versioned definition of a durable, deterministic async function. */
import { SkeinError } from '../../std/index.ts'
import type { ContinueAsNew, Ctx } from '../workflows/context.ts'
import { noteDefinition } from './defined.ts'
import type { Migrate, WorkflowDefinition } from './definition.ts'
import { needsMember } from './needs.ts'
import type { EngineNeeds } from './needs.ts'
import { retentionMember } from './retention.ts'
import type { Retention } from './retention.ts'
import { isSchema } from './schema.ts'
import type { InferSchema, InferSchemaInput, Schema } from './schema.ts'

/** What a workflow is called, takes and gives. */
export type WorkflowSettings<I extends Schema | undefined, O extends Schema | undefined> = {
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly input?: I
  readonly output?: O
  /**
   * `pin` (default): a run goes on only with the code it was born with, until `continueAsNew` or `skein upgrade` ·
   * `adopt`: with the newest, where that fits what was done.
   */
  readonly onUpgrade?: 'pin' | 'adopt'
  /** What is to become of runs of older code. */
  readonly migrate?: Migrate
  /** How long what a run was given and gave is kept after its end; default: `retention` of the config, else for ever. */
  readonly retention?: Retention
  /** What the engine must promise: a run is refused at its start where it does not. */
  readonly needs?: EngineNeeds
}

type ValueOf<S> = S extends Schema ? InferSchema<S> : unknown
type GivenOf<S> = S extends Schema ? InferSchemaInput<S> : unknown

/** Names of definitions and tools. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** Throws `DEFINITION_INVALID` for a name that cannot stand in keys and pids. */
export function checkName(name: unknown, what: string): void {
  if (typeof name !== 'string' || !NAME_PATTERN.test(name)) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `${what} is named ${JSON.stringify(name)}; a name begins with a letter and has up to 64 letters, digits, "_", "-", "."`,
    )
  }
}

/** Defines a workflow. Its value is what `fn` returns, checked by `output` where there is one. */
export function workflow<
  const I extends Schema | undefined = undefined,
  const O extends Schema | undefined = undefined,
  R = unknown,
>(
  settings: WorkflowSettings<I, O>,
  fn: (ctx: Ctx, input: ValueOf<I>) => Promise<R | ContinueAsNew> | R | ContinueAsNew,
): WorkflowDefinition<GivenOf<I>, O extends Schema ? InferSchema<O> : Exclude<R, ContinueAsNew>> {
  checkName(settings.name, 'a workflow')
  if (typeof fn !== 'function')
    throw new SkeinError(
      'DEFINITION_INVALID',
      `workflow ${settings.name} has no function; write workflow({ name: '${settings.name}' }, async (ctx, input) => { … })`,
    )
  for (const place of ['input', 'output'] as const) {
    if (settings[place] !== undefined && !isSchema(settings[place]))
      throw new SkeinError(
        'DEFINITION_INVALID',
        `${place} of workflow ${settings.name} is not a schema; give a Standard Schema (zod, valibot, arktype, …)`,
      )
  }
  const definition = {
    kind: 'workflow' as const,
    name: settings.name,
    version: settings.version ?? '1',
    ...(settings.description === undefined ? {} : { description: settings.description }),
    ...(settings.input === undefined ? {} : { input: settings.input }),
    ...(settings.output === undefined ? {} : { output: settings.output }),
    source: fn.toString(),
    onUpgrade: settings.onUpgrade ?? ('pin' as const),
    ...(settings.migrate === undefined ? {} : { migrate: settings.migrate }),
    ...retentionMember(settings.retention),
    ...needsMember(settings.name, settings.needs),
    run: fn,
  }
  noteDefinition(definition)
  return definition as unknown as WorkflowDefinition<
    GivenOf<I>,
    O extends Schema ? InferSchema<O> : Exclude<R, ContinueAsNew>
  >
}
