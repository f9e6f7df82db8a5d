import type { Pid } from '../../std/index.ts'
import type { LiveChunk } from './live-event.ts'

/** Reads one stream from an offset on, piece by piece. */
export interface StreamReader {
  /** What has come since the last call, in order; the first may lie beyond what was asked for. Empty: nothing yet. */
  read(): Promise<readonly LiveChunk[]>
}

/** Where streams are kept: bounded per process, the oldest chunks go first. One writer, any number of readers. */
export interface StreamMedium {
  /** Something of this process is kept. */
  has(pid: Pid): boolean
  /** The offset of the next chunk; mends what a dead writer left half done. */
  next(pid: Pid): Promise<number>
  append(pid: Pid, chunks: readonly LiveChunk[]): Promise<void>
  reader(pid: Pid, from: number): StreamReader
  /** When it resolves, nothing of it is left in any file. */
  remove(pid: Pid): Promise<void>
  /** Whose streams are kept, a page of them behind `after`, in their order; absent where nothing outlives its process. */
  pids?(after: string, limit: number): readonly Pid[]
  /** Lets go of what is open, for good. */
  close?(): void
}
