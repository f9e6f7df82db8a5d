/** The first fact of a process (rule J2). */
import type { Process } from './process.ts'

/** Records who the process is, with which code, input and money. */
export function recordBorn(process: Process): void {
  const { start } = process.act
  process.record({
    type: 'born',
    kind: start.kind,
    workflow: start.workflow,
    version: process.definition?.version ?? '',
    codeDigest: process.codeDigest,
    input: start.input,
    root: start.root,
    depth: start.depth,
    cap: start.cap,
    strict: start.strict,
    incarnation: 0,
    ...(start.elastic === undefined ? {} : { elastic: start.elastic }),
    ...(start.tenant === undefined ? {} : { tenant: start.tenant }),
    ...(start.parent === undefined ? {} : { parent: start.parent }),
  })
}
