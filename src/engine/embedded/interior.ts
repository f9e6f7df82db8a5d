import type { Quarantine } from '../../kernel/index.ts'
import type { GroupCommit } from './group-commit.ts'
import type { EngineParts } from './local-engine.ts'
import type { Post, Residents } from './post.ts'
import type { P } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'
import type { Watchers } from './watchers.ts'

/** What the parts of one engine share. */
export type Interior = EngineParts & {
  readonly tables: Tables
  readonly commits: GroupCommit
  readonly post: Post
  readonly watchers: Watchers
  /** As of the last commit. */
  readonly restored: { quarantine: Quarantine | undefined }
  /** The store cannot be read any more: everything stops (rule T5). */
  readonly fail: (error: unknown) => void
  readonly residents: Residents & {
    /** Others want in, and there is no room: an idle process should leave. */
    readonly isCrowded: boolean
    /** Something has happened that a host which leaves may be waiting for. */
    stirred(): void
    /** It is not resident any more. `isAwake`: it has something to do at once. */
    rested(p: P, about: { readonly isAwake: boolean; readonly wakeAt?: number | undefined }): void
  }
}
