import { join } from 'node:path'

/** Where things lie in a data folder. */
export function layoutOf(folder: string) {
  return {
    database: join(folder, 'skein.db'),
    wal: join(folder, 'skein.db-wal'),
    /** Its lock says that the folder has an owner. */
    owner: join(folder, 'owner'),
    socket: join(folder, 'control.sock'),
    blobs: join(folder, 'blobs'),
  }
}
