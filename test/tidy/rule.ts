/** A rule of the house and the proof that it can fail. */
import type { Project } from './project.ts'

/** A planted project: paths and texts. */
export type Planted = Readonly<Record<string, string>>

export type Rule = {
  readonly name: string
  /** The offences, each `path:line what`. */
  check(project: Project): readonly string[]
  /** Each must be noticed. */
  readonly breaks: readonly Planted[]
  /** Each must be left alone. */
  readonly keeps: readonly Planted[]
}
