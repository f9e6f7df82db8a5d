import type { DatabaseSync } from 'node:sqlite'
import type { LocalBlobs } from '../../blobs/blob-store.ts'
import { agendaTable } from './agenda-table.ts'
import { blobTable } from './blob-table.ts'
import { controlTable } from './control-table.ts'
import { journalTable } from './journal-table.ts'
import { mailboxTable } from './mailbox-table.ts'
import { metaTable } from './meta-table.ts'
import { processTable } from './process-table.ts'
import { moveTable } from './move-table.ts'
import { settlementTable } from './settlement-table.ts'
import { waitTable } from './wait-table.ts'

/** Every table of a store. Statements are prepared once. */
export function tablesOf(db: DatabaseSync, large?: LocalBlobs) {
  return {
    meta: metaTable(db),
    processes: processTable(db),
    agenda: agendaTable(db),
    journal: journalTable(db),
    mailbox: mailboxTable(db),
    controls: controlTable(db),
    waits: waitTable(db),
    settlements: settlementTable(db),
    moves: moveTable(db),
    blobs: blobTable(db, large),
  }
}

/** The tables of an open store. */
export type Tables = ReturnType<typeof tablesOf>
