/** `npm run bench -- <name>`: measures, prints, and with `--report` writes a page. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BENCHES } from './benches.ts'
import { askedFor, BadArguments, usage } from './harness/arguments.ts'
import { carryOut } from './harness/carry-out.ts'
import { killRunningCells } from './harness/cell-process.ts'

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    killRunningCells()
    process.exit(1)
  })

try {
  const asked = askedFor(process.argv.slice(2), BENCHES)
  process.exitCode = await carryOut(asked, {
    benches: BENCHES,
    folder: dirname(fileURLToPath(import.meta.url)),
  })
} catch (error) {
  if (!(error instanceof BadArguments)) throw error
  console.error(`${error.message}\n${usage(BENCHES)}`)
  process.exitCode = 2
}
