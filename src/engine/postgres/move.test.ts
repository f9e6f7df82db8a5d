import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { departRun } from './move.ts'

const root = asPid('order')
const ORDER = { p: 1, pid: root, root, owner: null }

it('sees a child that was born while it waited for the lock of its parent', async () => {
  const seen = [[ORDER], [ORDER, { p: 2, pid: asPid('order.parcel'), root, owner: 7 }]]
  const said: string[] = []
  const query = ({ text }: { readonly text: string }): Promise<{ readonly rows: readonly object[] }> => {
    said.push(text)
    if (text.includes('from setting')) return Promise.resolve({ rows: [{ value: '{"switches":[]}' }] })
    if (text.includes('from process where root'))
      return Promise.resolve({ rows: (seen.length > 1 ? seen.shift() : seen[0])! })
    return Promise.resolve({ rows: [] })
  }
  const blobs = new JournalBlobs(undefined, { hash: nodeHash, installation: 'skein' })
  const about = { blobs, id: 'x', target: 'elsewhere', by: 'ann', hash: nodeHash, at: 1 }
  await expect(departRun({ query } as unknown as Client, root, about)).rejects.toMatchObject({
    code: 'RUN_NOT_AT_REST',
    message: expect.stringContaining('order.parcel is with a worker') as string,
  })
  expect(said.at(-1)).toBe('rollback')
})
