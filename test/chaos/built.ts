/**
 * The programs that a campaign starts, each as one file of its own in a folder of the campaign: a life costs less than
 * half of one from sources, and who edits the sources does not disturb a campaign.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const PROGRAMS = {
  workload: new URL('workload.ts', import.meta.url),
  ledger: new URL('../../src/testing/crash/ledger.ts', import.meta.url),
  simulated: new URL('simulated/seeds.ts', import.meta.url),
  'postgres-worker': new URL('postgres/worker.ts', import.meta.url),
}

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
      // Found beside the programs by whoever needs it.
      external: ['pg'],
    })
    await bundle.write({ file: join(built, `${name}.mjs`), format: 'esm', codeSplitting: false })
  }
  return built
}
