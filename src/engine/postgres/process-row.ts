import type { Epoch, Pid } from '../../std/index.ts'
import type { ProcessStatus } from '../port.ts'

/** A process as the database has it. */
export type ProcessRow = {
  readonly p: number
  readonly pid: Pid
  readonly parent: Pid | null
  readonly root: Pid
  readonly depth: number
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly file: string | null
  readonly status: ProcessStatus
  readonly created_at: number
  readonly updated_at: number
  readonly ended_at: number | null
  readonly epoch: Epoch
  readonly activations: number
  readonly segment_n: number
  readonly last_seq: number
  readonly mail_count: number
  readonly summary: string | null
  readonly parked: string | null
  readonly result: string | null
}
