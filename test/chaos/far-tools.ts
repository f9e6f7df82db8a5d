/** The four ways in which a tool can stand to the ledger. */
import { setTimeout as sleep } from 'node:timers/promises'
import { anything } from '../../src/testing/world/anything.ts'
import { farSide } from '../../src/testing/crash/far-side.ts'
import type { Tool, ToolExecutionOptions } from '../../src/kernel/index.ts'

/** Long enough that whoever is stopped is often stopped with a request that is not on its way yet. */
const HESITATE_MS = Number(process.env['CHAOS_HESITATE_MS'] ?? 0)

/** Where tools hesitate, timers of programs run so many times as long: who is harmed is often harmed while it sleeps. */
export const LONGER = HESITATE_MS > 0 ? 20 : 1

/** This run's way to the ledger. */
export const far = farSide(process.env['CHAOS_SOCKET'] ?? '', process.env['CHAOS_RUN'] ?? '')

type Manner = { readonly inert?: boolean; readonly keyed?: boolean }
type Rest = Pick<Tool, 'effect' | 'idempotent' | 'needsApproval'>

function farTool(name: string, manner: Manner, rest: Rest = {}): Tool & { readonly name: string } {
  const requestOf = (input: unknown, { idempotencyKey, attempt }: ToolExecutionOptions) => ({
    tool: name,
    key: idempotencyKey ?? '',
    attempt: attempt ?? 1,
    input,
    ...manner,
  })
  return {
    name,
    description: `asks the ledger to ${name}`,
    inputSchema: anything,
    ...rest,
    execute: async (input, options) => {
      if (HESITATE_MS > 0) await sleep(Math.random() * HESITATE_MS)
      return far.do(requestOf(input, options), options.abortSignal)
    },
  }
}

/** The same tool, which in doubt asks what became of its key. */
function lookedUp(tool: Tool & { readonly name: string }): Tool & { readonly name: string } {
  return {
    ...tool,
    reconcile: (input, { idempotencyKey = '', attempt = 1 }) =>
      far.look({ tool: tool.name, key: idempotencyKey, attempt, input }),
  }
}

/** Changes nothing. */
export const fetchPage = farTool('fetch', { inert: true }, { effect: 'read' })
/** Sent again under its key. */
export const pay = farTool('pay', { keyed: true }, { idempotent: true })
/** Looked up in doubt. */
export const book = lookedUp(farTool('book', {}))
/** In doubt, somebody has to look. */
export const mail = farTool('mail', {})
/** Somebody has to agree first. */
export const publish = lookedUp(farTool('publish', {}, { needsApproval: true }))
/** Tools that somebody has to agree to: nothing of them may begin before. */
export const APPROVED = [publish.name] as const
