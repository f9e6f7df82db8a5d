/** A server as its author writes it: takes over from the one before, works, leaves when the next one asks. */
import { open } from 'skein'
import { desk } from './desk.ts'

const workers = Number(process.env['HANDOVER_WORKERS'])

console.log(`booted ${Date.now()}`)
const skein = await open({ data: process.env['HANDOVER_FOLDER'] ?? '', workflows: [desk], models: {}, handOver: true })
console.log(`owns ${Date.now()}`)
for (let i = 0; i < workers; i++) await skein.start(desk, { n: 0 }, { id: `desk-${i}` })
await skein.closed
console.log(`left ${Date.now()}`)
