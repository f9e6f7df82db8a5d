/** Facts about the store itself: its epoch, its owner, where its control socket is. */
import type { DatabaseSync } from 'node:sqlite'
import type { Quarantine } from '../../../kernel/index.ts'
import { asEpoch } from '../../../std/index.ts'
import type { Epoch } from '../../../std/index.ts'

type MetaKey = 'epoch' | 'owner' | 'socket' | 'incarnation' | 'switches' | 'quarantine'

/** The meta table over an open database. */
export function metaTable(db: DatabaseSync) {
  const get = db.prepare('select value from meta where key = ?')
  const set = db.prepare('insert or replace into meta(key, value) values(?, ?)')
  const remove = db.prepare('delete from meta where key = ?')
  const read = (key: MetaKey): string | undefined => (get.get(key) as { readonly value: string } | undefined)?.value
  return {
    get: read,
    set: (key: MetaKey, value: string) => void set.run(key, value),
    remove: (key: MetaKey) => void remove.run(key),
    /** Which life of the data this is: a restore begins another. */
    incarnation: (): number => Number(read('incarnation') ?? 0),
    quarantine: (): Quarantine | undefined => {
      const text = read('quarantine')
      return text === undefined ? undefined : (JSON.parse(text) as Quarantine)
    },
    /** Restored, or (undefined) released. */
    setQuarantine(to: Quarantine | undefined): void {
      if (to === undefined) return void remove.run('quarantine' satisfies MetaKey)
      set.run('incarnation' satisfies MetaKey, String(to.incarnation))
      set.run('quarantine' satisfies MetaKey, JSON.stringify(to))
    },
    epoch: (): Epoch => asEpoch(Number(read('epoch') ?? 0)),
  }
}
