/**
 * The programs that a campaign starts, each as one file of its own in a folder of the campaign: a life costs less than
 * half of one from sources, and who edits the sources does not disturb a campaign.
 */
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const PROGRAMS = {
  workload: new URL('workload.ts', import.meta.url),
  ledger: new URL('../../src/testing/crash/ledger.ts', import.meta.url),
  simulated: new URL('simulated/seeds.ts', import.meta.url),
  'postgres-worker': new URL('postgres/worker.ts', import.meta.url),
}

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** Builds them all into `folder/built`. */
export async function buildPrograms(folder: string): Promise<string> {
  const built = join(folder, 'built')
  for (const [name, url] of Object.entries(PROGRAMS)) {
    await using bundle = await rolldown({
      input: fileURLToPath(url),
      platform: 'node',
      resolve: { conditionNames: ['skein-source', 'import', 'node'] },
      treeshake: { moduleSideEffects: true },
      onLog: () => undefined,
      // What an engine brings is found beside the programs: a life that does not use it does not pay for it.
      external: ['pg', /^@restatedev\//],
    })
    await bundle.write({ file: join(built, `${name}.mjs`), format: 'esm', codeSplitting: false })
  }
  const link = join(built, 'node_modules')
  rmSync(link, { force: true })
  symlinkSync(PACKAGES, link)
  return built
}
