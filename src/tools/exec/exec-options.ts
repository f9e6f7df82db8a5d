/** What a command is given and what comes of it. */
import type { ProcessGroup } from './process-group.ts'

/** What bounds a command. */
export type ExecOptions = {
  /** Folder to run in; the runtime's own when absent. */
  readonly cwd?: string
  /** Added to the scrubbed environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Becomes HOME and TMPDIR. */
  readonly scratch?: string
  /** What the command reads; nothing when absent. */
  readonly stdin?: string | Uint8Array
  /** `none` (default) takes the network away where the machine allows; the result says what was had. */
  readonly network?: 'none' | 'host'
  readonly timeoutMs?: number
  /** Kept of each stream; the rest is cut out of the middle. */
  readonly outputBytesMax?: number
  /** Of both streams together; at more the command is killed. */
  readonly outputBytesHardMax?: number
  /** Of the whole group, sampled; at more the command is killed. Shared file pages are not counted. */
  readonly memoryBytesMax?: number
  readonly signal?: AbortSignal
  /** Hears the group before the command starts, so that a later owner can kill it (`killGroup`). */
  readonly onStart?: (group: ProcessGroup) => void
}

/** How a command ended. */
export type ExecResult = {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  /** Bytes that are missing from the middle of a stream; absent when nothing is. */
  readonly cut?: { readonly stdoutBytes: number; readonly stderrBytes: number }
  readonly durationMs: number
  readonly network: 'none' | 'host'
  /** Largest sample; null when there was none: no /proc, or over before the first. */
  readonly memoryBytesPeak: number | null
}
