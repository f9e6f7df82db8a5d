/** One worker more, in a process of its own: says what it has done when its input ends. */
import { open } from 'skein'
import { postgres } from 'skein/engine'
import { cellArguments } from '../cell.ts'
import { trivial } from './trivial.ts'

const { url, effects } = cellArguments({ url: '', effects: 20 })
const { worker, done } = trivial(effects)
const skein = await open({ engine: await postgres({ connectionString: url }), workflows: [worker] })
console.log('up')
process.stdin.resume().once('end', () => {
  console.log(JSON.stringify(done))
  void skein[Symbol.asyncDispose]().then(() => process.exit(0))
})
