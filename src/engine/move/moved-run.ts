/** A run on its way from one engine to another: everything that its processes are, in the form in which stores keep it. */
import type { BlobToStore, SealedFrame } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { ProcessStatus } from '../port.ts'

/** Mail as it lies in a mailbox: `m` a message, `c` a control. */
export type MovedMail = { readonly kind: 'm' | 'c'; readonly text: string }

/** A process without its journal. Packed texts name their large values by hash. */
export type Baggage = {
  readonly pid: Pid
  readonly parent: Pid | null
  readonly root: Pid
  readonly depth: number
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly file: string | null
  readonly status: ProcessStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt: number | null
  readonly activations: number
  /** Number of the first frame of the open segment. */
  readonly segmentN: number
  readonly summary: string | null
  readonly parked: string | null
  readonly result: string | null
  readonly request: string
  /** In order of arrival. */
  readonly mail: readonly MovedMail[]
  readonly waits: readonly { readonly text: string; readonly n: number }[]
  /** Ids that were heard: `m:` or `c:` before them (rule M2). */
  readonly seen: readonly { readonly id: string; readonly forgetAt: number }[]
  readonly erased: { readonly at: number; readonly by: string; readonly isWhole: boolean } | null
}

/** A run that has left its engine. */
export type MovedRun = {
  /** Of this move: who gets it twice takes it once. */
  readonly id: string
  readonly root: Pid
  readonly processes: readonly (Baggage & { readonly frames: readonly SealedFrame[] })[]
  readonly blobs: readonly BlobToStore[]
}

/** Where a run goes, and who says so. */
export type Departure = {
  /** For a move that begins now; one that was begun has its own. */
  readonly id: string
  /** Shown to whoever asks for the run where it was. */
  readonly target: string
  readonly by: string
}

/** An engine whose runs can leave for another one, and that takes runs from others. */
export interface Movable {
  /**
   * Ends all processes of a run here with `RUN_MOVED`, in one transaction, and hands out what they were. Asked again with the
   * same target, it hands out the same again. Throws `PROCESS_UNKNOWN`, `RUN_MOVED`, `RUN_NOT_AT_REST`, and has changed nothing then.
   */
  depart(root: Pid, about: Departure): Promise<MovedRun>
  /**
   * Takes a run, in one transaction; one that it has taken already is left as it is. Throws `RUN_ALREADY_THERE` and
   * `VALUE_TOO_LARGE`, and has changed nothing then. After any other failure either nothing was changed, or what was begun is
   * gone on with or, by `refuse`, undone.
   */
  arrive(run: MovedRun): Promise<void>
  /** Takes the move of this number never. False when it has arrived already. */
  refuse(id: string): Promise<boolean>
  /** By the move of this number it is known to have arrived: what it was is kept no longer. Nothing where it left by another. */
  confirm(root: Pid, id: string): Promise<void>
  /** The move by which it is leaving, or has left and is not known to have arrived. */
  onTheWay(root: Pid): Promise<Departure | undefined>
  /** What left by the move of this number, which the other end has refused, is here again; nothing where it did not. */
  comeBack(root: Pid, id: string): Promise<void>
  /** Runs that left for this place, of which nobody knows whether they arrived: their move was broken off. */
  unconfirmed(target: string): Promise<readonly Pid[]>
  /** Which of these are processes of its own; what has left is not. */
  present(pids: readonly Pid[]): Promise<readonly Pid[]>
}
