/**
 * The house. This table *is* the architecture: imports go down its floors only, rooms on one floor do not know each
 * other, and each room has one door, its `index.ts`.
 */

/** `testing` stands beside the house: it may look into every room, and no room may look into it. */
export type Floor = 0 | 1 | 2 | 3 | 4 | 5 | 'beside'

export type Room = { readonly floor: Floor; readonly holds: string }

export const HOUSE: Readonly<Record<string, Room>> = {
  std: { floor: 0, holds: 'errors, ids, clock, random, codec, hash, limits' },
  kernel: { floor: 1, holds: 'definitions, processes, effects, messages, gate, delivery, accounts as folds' },
  engine: { floor: 2, holds: 'the port and its adapters' },
  guard: { floor: 2, holds: 'capabilities, policy, labels, approvals, secrets, audit' },
  model: { floor: 2, holds: 'providers, typed output, offline model' },
  tools: { floor: 2, holds: 'tool(), built-in tools' },
  memory: { floor: 2, holds: 'one interface over store and blobs' },
  agents: { floor: 3, holds: 'the agent loop' },
  lab: { floor: 4, holds: 'evals, faults, search' },
  protocols: { floor: 4, holds: 'servers and codecs' },
  host: { floor: 5, holds: 'open(), run(), the command line' },
  adapters: { floor: 5, holds: 'other frameworks' },
  testing: { floor: 'beside', holds: 'simulated engine, conformance suites, crash harness' },
}

/** Rooms without I/O: everything comes to them through ports. */
export const PURE_ROOMS: readonly string[] = ['std', 'kernel']

/** The packages that may be installed with Skein; each is used for what Skein does not exist for. */
export const DEPENDENCIES_ALLOWED: readonly string[] = ['@ai-sdk/openai-compatible', '@ai-sdk/provider']
