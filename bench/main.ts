/** `npm run bench -- <name> [--json] [--runs N] [--rounds N]`: prints figures of this machine; quote ratios, not absolutes. */
import { arch, cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { commits } from './commits.ts'
import { conversation } from './conversation/conversation.ts'
import { handover } from './handover.ts'
import { steering } from './steering.ts'
import { steps } from './steps.ts'

const BENCHES = { steps, commits, handover, conversation, steering } as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, runs: { type: 'string' }, rounds: { type: 'string' } },
})
const name = positionals[0]
if (name === undefined || !(name in BENCHES)) {
  console.error(`usage: npm run bench -- <${Object.keys(BENCHES).join(' | ')}> [--json] [--runs N] [--rounds N]`)
  process.exit(2)
}
const figures = await BENCHES[name as keyof typeof BENCHES]({
  runs: Number(values.runs ?? 1000),
  rounds: Number(values.rounds ?? 3),
})
const machine = {
  node: process.version,
  sqlite: process.versions['sqlite'],
  cpus: cpus().length,
  cpu: cpus()[0]?.model,
  os: `${release()} ${arch()}`,
}
if (values.json === true) console.log(JSON.stringify({ bench: name, machine, figures }, undefined, 2))
else {
  console.log(`${name} · node ${machine.node} · sqlite ${machine.sqlite} · ${machine.cpus} × ${machine.cpu}`)
  for (const [label, value] of Object.entries(figures)) console.log(`  ${label.padEnd(52)} ${value}`)
}
