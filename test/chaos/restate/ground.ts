/** Scenarios on Restate servers, and where their runs are. */
import { restateProgram } from '../../../src/testing/index.ts'
import type { Ground } from '../campaign.ts'
import type { Disturbance } from '../disturb/disturbance.ts'
import type { ProgramName } from '../programs/index.ts'
import type { Scenario } from '../scenarios.ts'
import { cutLinks, frozenWorkers, serverKills, workerKills } from './disturb.ts'
import { setAside } from './late-writes.ts'
import { RestateSite } from './restate-site.ts'
import { Server, Servers } from './server.ts'
import type { ServerKind } from './server.ts'

type RestateScenario = Scenario & { readonly server: ServerKind }

const scenario = (
  name: string,
  about: { program: ProgramName; disturb: Disturbance; says: string; server?: ServerKind },
): RestateScenario => ({ name, server: 'one', ...about })

/** All of them. */
export const RESTATE_SCENARIOS: readonly RestateScenario[] = [
  scenario('worker-tools', {
    program: 'parallel-tools',
    disturb: workerKills(),
    says: '`kill -9` of the worker at random moments: `all`, `map`, `race` over tools of every class',
  }),
  scenario('worker-agents', {
    program: 'assistant',
    disturb: workerKills(),
    says: 'the same, of an agent with parallel tools, an agent below it, and an approval',
  }),
  scenario('worker-mailboxes', {
    program: 'mailboxes',
    disturb: workerKills(),
    says: 'the same, of processes that send, call and reply, with segments',
  }),
  scenario('worker-timers', {
    program: 'timers',
    disturb: workerKills(),
    says: 'the same, of sleeps, deadlines and sleeping children',
  }),
  scenario('worker-doubts', {
    program: 'doubts',
    // Each of its tools has 14 ms.
    disturb: workerKills({ hesitateMs: 0, withinMs: 150 }),
    says: 'the same, of writes that time out while they are under way',
  }),
  scenario('new-code', {
    program: 'upgrade',
    disturb: workerKills(),
    says: 'the worker is killed, and its successor has other code for a workflow and an agent in mid-run',
  }),
  scenario('server-killed', {
    program: 'jobs',
    disturb: serverKills(true),
    says: '`kill -9` of a server of one node, up to three times in a turn, beside a worker that lives',
  }),
  scenario('node-killed', {
    program: 'jobs',
    disturb: serverKills(false),
    says: '`kill -9` of one node of three (replication 2), up to three times in a turn',
    server: 'three',
  }),
  scenario('all-nodes-killed', {
    program: 'jobs',
    disturb: serverKills(true),
    says: '`kill -9` of all three nodes at once, up to three times in a turn',
    server: 'three',
  }),
  scenario('link-cut', {
    program: 'jobs',
    disturb: cutLinks,
    says: 'nothing goes between worker and server, in both directions, for 10 s',
  }),
  scenario('frozen-worker', {
    program: 'jobs',
    disturb: frozenWorkers,
    says: 'SIGSTOP of a worker for 30 s in mid-write; another one takes over, and the first wakes up with requests still to be made',
  }),
]

/** The ground, and what is to be closed behind it; undefined where there is no server for this machine. */
export function restateGround(): (Ground & AsyncDisposable) | undefined {
  const program = restateProgram()
  if (program === undefined) return undefined
  const servers = new Servers((kind) => Server[kind](program))
  return {
    scenarios: RESTATE_SCENARIOS,
    setAside,
    async open(run, of) {
      const kind = RESTATE_SCENARIOS.find(({ name }) => name === of?.name)?.server ?? 'one'
      return RestateSite.open(await servers.get(kind), run)
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}
