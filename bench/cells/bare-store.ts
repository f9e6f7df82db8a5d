/**
 * The least that makes something durable: one row for each in SQLite (WAL, `synchronous=full`), with a group commit
 * whose next transaction begins when the last has ended. The yardstick beside which an engine is measured.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

type Row = { readonly p: string; readonly n: number; readonly value: string; readonly done: () => void }

/** A table of rows; `append` resolves when its row is on the disk. */
export class BareStore implements Disposable {
  readonly #db: DatabaseSync
  readonly #transaction: (rows: readonly Row[]) => void
  #queue: Row[] = []
  #isRunning = false

  constructor(folder: string) {
    const db = new DatabaseSync(join(folder, 'journal.sqlite'))
    this.#db = db
    db.exec('pragma journal_mode = wal; pragma synchronous = full')
    db.exec('create table journal(p text, n integer, value text, primary key(p, n)) without rowid')
    const begin = db.prepare('begin immediate')
    const insert = db.prepare('insert into journal(p, n, value) values(?, ?, ?)')
    const commit = db.prepare('commit')
    this.#transaction = (rows) => {
      begin.run()
      for (const { p, n, value } of rows) insert.run(p, n, value)
      commit.run()
    }
  }

  append(p: string, n: number, value: string): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ p, n, value, done })
      if (this.#isRunning) return
      this.#isRunning = true
      setImmediate(this.#run)
    })
  }

  get rows(): unknown {
    return this.#db.prepare('select count(*) as rows from journal').get()?.['rows']
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  readonly #run = (): void => {
    const batch = this.#queue
    this.#queue = []
    this.#transaction(batch)
    for (const { done } of batch) done()
    setImmediate(() => {
      if (this.#queue.length > 0) this.#run()
      else this.#isRunning = false
    })
  }
}
