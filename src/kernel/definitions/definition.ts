/** Definitions: what a process is an instance of. */
import type { Ctx } from '../workflows/context.ts'
import type { EngineNeeds } from './needs.ts'
import type { ReducerFactory } from './reducer.ts'
import type { UpgradeReport } from '../upgrade/report.ts'
import type { Schema } from './schema.ts'

type DefinitionBase<Input, Output> = {
  readonly name: string
  /** A label for people; what pins is the code digest. */
  readonly version: string
  readonly description?: string
  readonly input?: Schema<Input>
  readonly output?: Schema<Output>
  /** What the code digest is taken of, beside name and version. */
  readonly source: string
  /** `pin` (workflows): a process runs only on the code it was born with. `adopt` (agents): it goes on with the newest. */
  readonly onUpgrade: 'pin' | 'adopt'
  /** How long what a run was given and gave is kept after its end; `Infinity`: for ever. Absent: as the host says. */
  readonly retentionMs?: number
  /** What the engine must promise. */
  readonly needs?: EngineNeeds
}

/** How a workflow takes over runs of older code; pure functions. */
export type Migrate = {
  /** By name or key of an ambiguous write: the outcome it had, done anew, or refused (rule U4). What is left out parks. */
  readonly writes?: (report: UpgradeReport) => Readonly<Record<string, 'reuse' | 'new' | 'fail' | undefined>>
  /** What older code gave to `continueAsNew`, as this code's input. */
  readonly state?: (state: unknown, from: { readonly version: string }) => unknown
}

/** A durable, deterministic async function. */
export interface WorkflowDefinition<Input = unknown, Output = unknown> extends DefinitionBase<Input, Output> {
  readonly kind: 'workflow'
  readonly migrate?: Migrate
  run(ctx: Ctx, input: Input): Promise<Output> | Output
}

/** A state machine that we own. */
export interface AgentDefinition<Input = unknown, Output = unknown> extends DefinitionBase<Input, Output> {
  readonly kind: 'agent'
  readonly reducer: ReducerFactory
}

/** A workflow or an agent. */
export type Definition<Input = unknown, Output = unknown> =
  | WorkflowDefinition<Input, Output>
  | AgentDefinition<Input, Output>
/** A definition whose types do not matter here. */
export type AnyDefinition = Definition

/** The code that a host has: definitions by name. */
export interface CodeRegistry {
  /** The newest definition of that name, with its digest; `isRegistered`: named by the host itself, not merely made in this realm. */
  find(
    name: string,
  ): { readonly definition: AnyDefinition; readonly codeDigest: string; readonly isRegistered: boolean } | undefined
  /** That exact code, if this host still has it. */
  exact(name: string, codeDigest: string): AnyDefinition | undefined
}
