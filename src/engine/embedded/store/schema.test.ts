import { expect, it } from 'vitest'
import { openForOwner } from './database.ts'
import { APPLICATION_ID } from './schema.ts'

it('a database says whose it is and of which version, and every build reads version 1', () => {
  const db = openForOwner(':memory:')
  expect(db.prepare('pragma application_id').get()).toEqual({ application_id: APPLICATION_ID })
  expect(db.prepare('pragma user_version').get()).toEqual({ user_version: 1 })
  db.close()
})
