/** Facts about the store itself: its epoch, its owner, where its control socket is. */
import type { DatabaseSync } from 'node:sqlite'
import { asEpoch } from '../../../std/index.ts'
import type { Epoch } from '../../../std/index.ts'

type MetaKey = 'epoch' | 'owner' | 'socket' | 'incarnation' | 'switches'

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
    epoch: (): Epoch => asEpoch(Number(read('epoch') ?? 0)),
  }
}
