/** What operators have set for a whole installation: one row, changed under its lock. */
import type { Client } from 'pg'
import type { Quarantine } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { SwitchChange } from '../port.ts'
import { changedSwitches } from '../settings-cache.ts'
import type { Settings, SettingsSource } from '../settings-cache.ts'
import type { Connection } from './connection.ts'
import type { PostgresViews } from './views.ts'

/** The settings of an installation. */
export class SettingsTable implements SettingsSource {
  readonly #db: Connection
  readonly #views: PostgresViews

  constructor(db: Connection, views: PostgresViews) {
    this.#db = db
    this.#views = views
  }

  async settings(): Promise<Settings> {
    const [row] = await this.#db.rows<{ readonly value: string }>({
      name: 'setting',
      text: 'select value from setting',
    })
    return JSON.parse(row!.value) as Settings
  }

  place(pid: Pid) {
    return this.#views.row(pid)
  }

  /** False when nothing changes. Whoever waits for a switch looks again. */
  async change(change: SwitchChange, at: number): Promise<boolean> {
    const isNow = change.to === 'off' && change.now === true
    return this.#write(isNow, (before) => {
      const switches = changedSwitches(before.switches, { change, at })
      return switches === undefined ? undefined : { ...before, switches }
    })
  }

  async setQuarantine(quarantine: Quarantine | undefined): Promise<void> {
    await this.#write(false, ({ switches }) => ({ switches, ...(quarantine === undefined ? {} : { quarantine }) }))
  }

  #write(isNow: boolean, change: (before: Settings) => Settings | undefined): Promise<boolean> {
    return this.#db.do(async (client) => {
      await client.query({ text: 'begin' })
      try {
        const after = change(await read(client))
        if (after !== undefined) {
          await client.query({
            text: 'update setting set value = $1, version = version + 1',
            values: [JSON.stringify(after)],
          })
          await client.query({ text: 'select wake_held()' })
          await client.query({ text: `select notify($1)`, values: [`s ${isNow ? 1 : 0}`] })
        }
        await client.query({ text: 'commit' })
        return after !== undefined
      } catch (thrown) {
        await client.query({ text: 'rollback' }).catch(() => undefined)
        throw thrown
      }
    })
  }
}

async function read(client: Client): Promise<Settings> {
  const { rows } = await client.query({ text: 'select value from setting for update' })
  return JSON.parse((rows as readonly { readonly value: string }[])[0]!.value) as Settings
}
