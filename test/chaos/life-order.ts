/** What one life of a program is told. */
import type { FatalCommit } from '../../src/testing/crash/fatal-commit.ts'
import type { RestateOptions } from '../../src/engine/index.ts'
import type { ProgramName } from './programs/index.ts'

/** A disk that takes its time: one commit of so many, up to so long. */
export type Slowness = { readonly every: number; readonly msMax: number }

/** One life. */
export type LifeOrder = {
  readonly program: ProgramName
  readonly folder: string
  /** How many lives there were before. */
  readonly life: number
  /** The commit at which it kills itself, or stops. */
  readonly fatal?: FatalCommit
  /** Its clock is off by this. */
  readonly skewMs?: number
  readonly slow?: Slowness
  /** It is a server that hands over, and asks its predecessor to. */
  readonly handOver?: boolean
  /** Instead of the one in the folder. */
  readonly engine?: { readonly kind: 'restate'; readonly options: RestateOptions }
  /** Its tools hesitate up to so long before each request. */
  readonly hesitateMs?: number
}

/** The last line of a life that was not killed. */
export type Said =
  | { readonly result: unknown; readonly commits: number }
  /** It has handed over. */
  | { readonly left: true }
  /** Its store has failed, and it said so. */
  | { readonly stopped: string; readonly why: string }
