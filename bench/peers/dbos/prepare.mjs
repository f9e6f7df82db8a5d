/** DBOS needs PostgreSQL: Debian's, installed here when it is not there and we may. */
import { spawnSync } from 'node:child_process'
import { binFolder } from './postgres.mjs'

if (binFolder() === undefined) {
  console.error('installing postgresql …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], {
    env,
    stdio: ['ignore', 2, 2],
  })
  if (apt.status !== 0 || binFolder() === undefined) {
    console.error('PostgreSQL is missing: install it (Debian: apt-get install postgresql) and try again')
    process.exit(1)
  }
}
