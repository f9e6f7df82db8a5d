/** One worker of the campaign: hosts until it is told to leave, or killed. Says which member it is, whenever that changes. */
import { writeSync } from 'node:fs'
import { open } from 'skein'
import { postgres } from '../../../src/engine/index.ts'
import { definitions } from './orders.ts'

const LOOK_MS = 100

const order = JSON.parse(process.env['CHAOS_WORKER'] ?? '{}') as {
  readonly url: string
  readonly schema: string
  readonly leaseMs: number
  readonly deploys: number
}
const { url: connectionString, schema, leaseMs } = order
const engine = await postgres({ connectionString, schema, leaseMs, name: schema })
const skein = await open({ engine, models: {}, workflows: definitions(order.deploys) })
let member = 0
const say = (): void => {
  if (engine.member === member) return
  member = engine.member
  writeSync(1, `member ${member}\n`)
}
say()
setInterval(say, LOOK_MS)
process.once('SIGTERM', () => void skein[Symbol.asyncDispose]().then(() => process.exit(0)))
