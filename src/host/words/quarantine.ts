import type { Quarantine } from '../../kernel/index.ts'
import type { Command } from './command.ts'

/** That a folder was restored, what follows, and the mend. */
export function quarantineWords({ incarnation, takenAt, restoredAt, by }: Quarantine, command: Command): string {
  const [taken, restored] = [takenAt, restoredAt].map((at) => new Date(at).toISOString())
  return (
    `IN QUARANTINE: restored by ${by} at ${restored} from a backup of ${taken} (incarnation ${incarnation}); ` +
    `writes that no key protects wait in: ${command('inbox')}; let all of them go on with: ${command('release')}`
  )
}
