/** What a program under a change threw, short enough for a report. */

/** The first two lines of its message. */
export function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split('\n')
    .slice(0, 2)
    .join(' ')
}
