/** DBOS needs PostgreSQL: Debian's, installed here when it is not there and we may. */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresPrograms } from '../../../src/testing/conformance/postgres-server.ts'

if (postgresPrograms() === undefined) {
  console.error('installing postgresql …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], {
    env,
    stdio: ['ignore', 2, 2],
  })
  if (apt.status !== 0 || postgresPrograms() === undefined) {
    console.error('PostgreSQL is missing: install it (Debian: apt-get install postgresql) and try again')
    process.exit(1)
  }
}

const said = execFileSync(join(postgresPrograms(), 'postgres'), ['--version'], { encoding: 'utf8' })
const postgresql = /\d+(?:\.\d+)*/.exec(said)?.[0] ?? 'unknown'
writeFileSync(new URL('node_modules/versions.json', import.meta.url), JSON.stringify({ postgresql }))
