/** The Restate engine on a server of one's own, in real time. Each rule has an installation of its own name. */
import { nodeClock, nodeHash, nodeRandom, openRestate } from '../../engine/index.ts'
import type { RestateEngine } from '../../engine/index.ts'
import { gather } from '../simulation/gather.ts'
import type { OpenRig } from './engine-rig.ts'
import type { LocalRestate } from './restate-server.ts'

const TURN_MS = 2
let installations = 0

/** Opens the Restate engine for the conformance suite. */
export function restateRig(server: () => Promise<LocalRestate>): OpenRig {
  return async (use) => {
    const { ingress, admin } = await server()
    const name = `rig-${++installations}`
    let engine: RestateEngine | undefined
    // The server knows a worker by its address: whoever comes next takes the same.
    let port = 0
    const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => nodeClock.timer(delayMs, resolve))
    const crash = async (): Promise<void> => {
      engine?.abandon()
      engine = undefined
    }
    try {
      await use({
        async open() {
          await engine?.[Symbol.asyncDispose]()
          engine = await openRestate({
            ingress,
            admin,
            name,
            worker: { port },
            clock: nodeClock,
            random: nodeRandom,
            hash: nodeHash,
          })
          port = engine.port ?? port
          return engine
        },
        crash,
        runsAhead: true,
        turn: () => sleep(TURN_MS),
        sleep,
        now: () => nodeClock.now(),
        async arrived() {
          while ((await engine?.hasCaughtUp()) === false) await sleep(TURN_MS)
        },
        async offences() {
          if (engine === undefined) return ['no engine is open']
          return (await gather(engine.verify())).map(({ pid, n, problem }) => `${pid}, frame ${n}: ${problem}`)
        },
      })
    } finally {
      await crash()
      // What is left costs whoever comes next time, and nothing else; the test's own failure is what is to be heard.
      await forgetInstallation(admin, name).catch(() => undefined)
    }
  }
}

/** Leaves nothing of an installation that the server would go on trying to run, or look through. */
export async function forgetInstallation(admin: string, name: string): Promise<void> {
  const ask = async (path: string, method: string, body?: unknown): Promise<string> => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' }
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    return (await fetch(`${admin}/${path}`, init)).text()
  }
  const rowsOf = async <R>(query: string): Promise<readonly R[]> =>
    (JSON.parse(await ask('query', 'POST', { query })) as { readonly rows: readonly R[] }).rows
  for (const { id } of await rowsOf<{ readonly id: string }>(
    `select id from sys_invocation where target_service_name like '${name}.%' and status <> 'completed'`,
  ))
    await ask(`invocations/${id}/kill`, 'PATCH')
  for (const { service_name: service, service_key: key } of await rowsOf<{
    readonly service_name: string
    readonly service_key: string
  }>(`select distinct service_name, service_key from state where service_name like '${name}.%'`))
    await ask(`services/${service}/state`, 'POST', { object_key: key, new_state: {} })
  const known = JSON.parse(await ask(`services/${name}.mailbox`, 'GET')) as { readonly deployment_id?: string }
  if (known.deployment_id !== undefined) await ask(`deployments/${known.deployment_id}?force=true`, 'DELETE')
}
