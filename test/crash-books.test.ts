/** How a crash campaign books what came to no end, and what happens to the servers of its runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { simRandom } from '../src/testing/simulation/sim-random.ts'
import { brokenOff, Starved, Stuck, Unsound } from './chaos/broken-off.ts'
import { runCampaign } from './chaos/campaign.ts'
import { noCounts } from './chaos/counts.ts'
import type { Subject } from './chaos/disturb/disturbance.ts'
import { readFolder } from './chaos/folder.ts'
import { workerKills } from './chaos/restate/disturb.ts'
import { RestateSite } from './chaos/restate/restate-site.ts'
import { Server, Servers } from './chaos/restate/server.ts'
import type { Scenario } from './chaos/scenarios.ts'
import type { Site } from './chaos/site.ts'

const WORDS = "it ended with 1: SkeinError { code: 'ENGINE_UNREACHABLE' } stuck: the server answered 404"
const siteThat = (answers: boolean, isLost = false) => ({ isLost, answers: async () => answers })

async function withFolder<R>(use: (folder: string) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-crash-test-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('a run that broke off', () => {
  it.each([
    ['whatever its words are, on a server that answers', new Error(WORDS), siteThat(true), { runs: 1, unsound: 1 }],
    ['on a server that does not answer', new Error('it ended with 1'), siteThat(false), { unjudged: 1 }],
    ['on a server that was lost', new Error('it ended with 1'), siteThat(true, true), { unjudged: 1 }],
    ['where the harness had no server', new Starved('no server'), undefined, { unjudged: 1 }],
    ['stuck, whatever the server says', new Stuck('no end'), siteThat(false), { runs: 1, lost: 1 }],
    ['stuck on a server that was lost', new Stuck('no end'), siteThat(false, true), { unjudged: 1 }],
    ['two results, whatever the server says', new Unsound('two'), siteThat(false, true), { runs: 1, unsound: 1 }],
    ['in a folder', new Error(WORDS), undefined, { unsound: 1 }],
  ])('%s', async (_, thrown, site, booked) => {
    const { counts, isUnjudged } = await brokenOff(thrown, site)
    expect({ ...noCounts(), ...counts }).toEqual({ ...noCounts(), ...booked })
    expect(isUnjudged).toBe('unjudged' in booked)
  })

  it('keeps its kills; not judged, only those that met others as well', async () => {
    const happened = { ...noCounts(), kills: 2, serverKills: 1 }
    expect((await brokenOff(new Error('x'), siteThat(true), happened)).counts).toMatchObject({
      kills: 2,
      serverKills: 1,
    })
    const { counts } = await brokenOff(new Error('x'), siteThat(false), happened)
    expect(counts).toEqual({ unjudged: 1, serverKills: 1 })
  })
})

describe('a campaign on servers', () => {
  const never: Scenario['disturb'] = () => Promise.reject(new Error('never played'))
  /** In the order in which they looked into runs, or were over. */
  const said: string[] = []
  const scenarios: readonly Scenario[] = [
    { name: 'unclean', says: '', program: 'forks', disturb: never },
    { name: 'no-server', says: '', program: 'cancels', disturb: never },
    {
      name: 'broken',
      says: '',
      program: 'timers',
      disturb: async ({ isDriver, counts }) => {
        if (isDriver) await sleep(300)
        said.push(isDriver ? 'driver over' : 'other over')
        counts.freezes += 1
        if (isDriver) throw new Error('broke off')
        return { result: undefined, edges: [] }
      },
    },
  ]

  /** The embedded engine in the clothes of a server. */
  function open(run: string, folder: string): Site {
    if (run.startsWith('clean-cancels')) throw new Starved('no server')
    return {
      order: run.startsWith('clean-forks') ? () => Promise.reject(new Error(WORDS)) : async () => ({}) as never,
      found: async () => {
        if (run.startsWith('broken')) said.push('looked into')
        return readFolder(join(folder, run, 'data'))
      },
      ...siteThat(true),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  it('books what nobody harmed, what had no server, and what broke off; looks into runs when all of a turn are over', () =>
    withFolder(async (folder) => {
      const tallies = await runCampaign({
        folder,
        seconds: Infinity,
        killsMax: 1,
        workers: 2,
        ground: { scenarios, open: async (run) => open(run, folder) },
        // Each had its turn: it is enough.
        onRun: (all) => {
          if (all.size === scenarios.length) all.get('broken')!.counts.kills = 1
        },
      })
      const [unclean, noServer, broken] = scenarios.map(({ name }) => tallies.get(name)!)
      expect(unclean).toMatchObject({
        counts: { runs: 1, unsound: 1, unjudged: 0 },
        failures: [{ what: `Error: ${WORDS}` }],
      })
      expect(noServer).toMatchObject({
        counts: { runs: 0, unsound: 0, unjudged: 1 },
        failures: [{ what: 'Starved: no server', isUnjudged: true }],
      })
      expect(said).toEqual(['other over', 'driver over', 'looked into'])
      expect(broken?.counts).toMatchObject({ runs: 2, freezes: 2 })
      expect(broken?.failures.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^Error: broke off \(/))
    }))
})

describe('servers that runs share', () => {
  const serverOf = (about: { restart?: () => Promise<void>; nodes?: readonly string[]; dispose?: () => void } = {}) =>
    new Server({
      nodes: (about.nodes ?? []).map((url) => ({ ingress: url, admin: url })),
      server: { [Symbol.asyncDispose]: async () => about.dispose?.() },
      restart: about.restart ?? (async () => undefined),
      silentMs: 0,
    })

  it('are started anew after a start that failed', async () => {
    let starts = 0
    const servers = new Servers(async () => {
      if (starts++ === 0) throw new Error('no ports')
      return serverOf()
    })
    const both = await Promise.allSettled([servers.get('one'), servers.get('one')])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(both).toMatchObject([{ reason: { name: 'Starved', message: 'no server: Error: no ports' } }, {}])
    expect(await servers.get('one')).toBe(await servers.get('one'))
    expect(starts).toBe(2)
  })

  it('that do not come back are lost, closed, and others are started', async () => {
    const closed: string[] = []
    const servers = new Servers(async () =>
      serverOf({ restart: () => Promise.reject(new Error('dead')), dispose: () => closed.push('closed') }),
    )
    const first = await servers.get('three')
    await expect(first.restartAll()).rejects.toBeInstanceOf(Starved)
    expect([first.isLost, await first.answers()]).toEqual([true, false])
    const [second, same] = await Promise.all([servers.get('three'), servers.get('three')])
    expect([second === first, second === same, closed]).toEqual([false, true, ['closed']])
  })

  it('answer when most of their nodes do, and are lost when they do not', async () => {
    const well = createServer((_, response) => response.end('{}'))
    await new Promise<void>((resolve) => well.listen(0, '127.0.0.1', resolve))
    const up = `http://127.0.0.1:${(well.address() as AddressInfo).port}`
    const down = 'http://127.0.0.1:1'
    try {
      expect(await serverOf({ nodes: [up, up, down] }).answers()).toBe(true)
      const dead = serverOf({ nodes: [up, down, down] })
      expect([await dead.answers(), dead.isLost]).toEqual([false, true])
    } finally {
      well.close()
    }
  })
})

describe('a worker that takes over', () => {
  it('is killed too while it has done nothing yet', () =>
    withFolder(async (built) => {
      writeFileSync(
        join(built, 'workload.mjs'),
        `console.log('begun')
        setTimeout(() => console.log('{"result":1}'), JSON.parse(process.env.CHAOS_LIFE).life === 3 ? 0 : 60_000)`,
      )
      const folder = join(built, 'data')
      mkdirSync(folder)
      const server = new Server({
        nodes: [],
        server: { [Symbol.asyncDispose]: async () => undefined },
        restart: async () => undefined,
      })
      await using site = await RestateSite.open(server, 'early')
      const counts = noCounts()
      const subject: Subject = {
        place: { built, socket: '', run: 'r', folder, site },
        order: { program: 'timers', folder },
        random: { ...simRandom('early'), chance: () => true, between: () => 0 },
        n: 0,
        commits: 0,
        killsMax: 3,
        isBrief: true,
        ms: 0,
        isDriver: true,
        counts,
        // Lines of lives before; none is ever added.
        seen: () => 1,
      }
      expect(await workerKills()(subject)).toMatchObject({ result: 1, harmedAt: [1, 1, 1] })
      expect(counts.kills).toBe(3)
    }))
})
