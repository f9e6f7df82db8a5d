import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../../kernel/index.ts'
import { asPid } from '../../../std/index.ts'
import { all, captured, codeOf, endWith, factsFrom, request } from '../../engine.fixture.ts'
import { backupFolder, restoreFolder } from './backup.ts'
import { fileActs } from './file-acts.fixture.ts'
import { ports, temporaryFolder } from './folder.fixture.ts'
import { openEmbedded } from './open-embedded.ts'
import { noteOf } from './owner-lock.ts'

const LARGE = 'x'.repeat(1_100_000)

/** A folder with one process, whose journal holds a blob that lies in a file. */
async function written(folder: string) {
  const engine = await openEmbedded({ folder, ...ports })
  const host = captured()
  await engine.host(host.run)
  await engine.start(request('p'))
  const activation = await host.next()
  const outcome = { type: 'ok' as const, value: payloadOf(LARGE) }
  activation.frame(factsFrom(0, [{ type: 'settled', key: 'k' as never, attempt: 0, outcome }]), {})
  await endWith(activation)
  return engine
}

describe('a backup', () => {
  it('taken beside a live owner is a folder with everything in it, and opens in quarantine', async () => {
    using place = temporaryFolder()
    const [data, saved, restored] = ['data', 'saved', 'restored'].map((name) => join(place.path, name)) as [
      string,
      string,
      string,
    ]
    await using engine = await written(data)
    const note = await backupFolder(data, saved, ports.clock)
    expect(note).toMatchObject({ format: 1, incarnation: 0, processes: 1 })
    await engine.start(request('later'))
    const { quarantine } = await restoreFolder(saved, restored, { by: 'ann', ...ports })
    expect(quarantine).toEqual({ incarnation: 1, takenAt: note.takenAt, restoredAt: expect.any(Number), by: 'ann' })
    await using again = await openEmbedded({ folder: restored, ...ports })
    expect(again.quarantine).toEqual(quarantine)
    expect((await all(again.list({}))).map(({ pid }) => pid)).toEqual(['p'])
    expect(await all(again.verify())).toEqual([])
    const [frame] = await all(again.history(asPid('p')))
    expect(frame?.facts[0]).toMatchObject({ outcome: { value: { text: JSON.stringify(LARGE) } } })
    expect(existsSync(`${restored}.draft`)).toBe(false)
  })

  it('is made in a folder that is not there yet, and clears away what an earlier one left half done', async () => {
    using place = temporaryFolder()
    const at = (name: string): string => join(place.path, name)
    await (await written(at('data')))[Symbol.asyncDispose]()
    const saved = join(place.path, 'not', 'there', 'saved')
    mkdirSync(join(`${saved}.draft`, 'half'), { recursive: true })
    await backupFolder(at('data'), saved, ports.clock)
    expect(readdirSync(saved)).not.toContain('half')
    expect(readdirSync(join(place.path, 'not', 'there'))).toEqual(['saved'])
    await backupFolder(at('data'), join(place.path, 'nor', 'there', 'saved'), ports.clock)
    // What is restored is a data folder, and no backup that could be restored again.
    await restoreFolder(saved, at('restored'), { by: 'ann', ...ports })
    expect(readdirSync(at('restored'))).not.toContain('backup.json')
    expect(await codeOf(restoreFolder(at('restored'), at('again'), { by: 'ann', ...ports }))).toBe('BACKUP_INVALID')
  })

  it('T4: has its name only when everything in it is on the disk', async () => {
    using place = temporaryFolder()
    const at = (name: string): string => join(place.path, name)
    await (await written(at('data')))[Symbol.asyncDispose]()
    const acts = await fileActs(() => backupFolder(at('data'), at('saved'), ports.clock))
    const named = acts.indexOf('rename saved.draft to saved')
    expect(acts.slice(0, named)).toEqual(
      expect.arrayContaining(['sync skein.db', 'sync backup.json', 'sync blobs', 'sync saved.draft']),
    )
    expect(acts.slice(named + 1)).toEqual(['sync data'])
  })

  it('that cannot be made leaves nothing behind', async () => {
    using place = temporaryFolder()
    mkdirSync(join(place.path, 'data'), { recursive: true })
    writeFileSync(join(place.path, 'data', 'skein.db'), 'no database')
    expect(await codeOf(backupFolder(join(place.path, 'data'), join(place.path, 'saved'), ports.clock))).not.toBe(
      'none',
    )
    expect(readdirSync(place.path)).toEqual(['data'])
  })

  it('of a restored folder is restored as the next incarnation', async () => {
    using place = temporaryFolder()
    const at = (name: string): string => join(place.path, name)
    await (await written(at('data')))[Symbol.asyncDispose]()
    await backupFolder(at('data'), at('saved'), ports.clock)
    await restoreFolder(at('saved'), at('restored'), { by: 'ann', ...ports })
    await backupFolder(at('restored'), at('saved-2'), ports.clock)
    const { quarantine } = await restoreFolder(at('saved-2'), at('restored-2'), { by: 'ann', ...ports })
    expect(quarantine.incarnation).toBe(2)
  })

  it('does not know the owner and the socket of the folder it was taken from', async () => {
    using place = temporaryFolder()
    const at = (name: string): string => join(place.path, name)
    await using engine = await written(at('data'))
    await backupFolder(at('data'), at('saved'), ports.clock)
    expect([noteOf(at('saved'), 'owner'), noteOf(at('saved'), 'socket')]).toEqual([undefined, undefined])
    await restoreFolder(at('saved'), at('restored'), { by: 'ann', ...ports })
    expect(existsSync(noteOf(engine.folder, 'socket') ?? '')).toBe(true)
  })

  it('overwrites nothing, and nothing is made of one that is incomplete or was changed', async () => {
    using place = temporaryFolder()
    const at = (name: string): string => join(place.path, name)
    await (await written(at('data')))[Symbol.asyncDispose]()
    await backupFolder(at('data'), at('saved'), ports.clock)
    const restore = (from: string, to: string) => codeOf(restoreFolder(at(from), at(to), { by: 'ann', ...ports }))
    expect(await codeOf(backupFolder(at('data'), at('saved'), ports.clock))).toBe('FOLDER_NOT_EMPTY')
    expect(await restore('saved', 'data')).toBe('FOLDER_NOT_EMPTY')
    expect(await restore('data', 'restored')).toBe('BACKUP_INVALID')
    const database = readFileSync(join(at('saved'), 'skein.db'))
    writeFileSync(join(at('saved'), 'skein.db'), database.subarray(0, -1))
    expect(await restore('saved', 'restored')).toBe('BACKUP_INVALID')
    expect(existsSync(at('restored'))).toBe(false)
    writeFileSync(join(at('saved'), 'skein.db'), database)
    mkdirSync(at('restored'))
    expect(await restore('saved', 'restored')).toBe('resolved')
  })
})
