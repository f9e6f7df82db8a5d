/** A number that somebody gave on the command line, checked before anything begins. */

/** The whole number behind `--name`; undefined when none was given. */
export function wholeNumber(name: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined
  if (!/^\d+$/.test(given) || Number(given) < least || !Number.isSafeInteger(Number(given)))
    throw new Error(`--${name} takes a whole number from ${least} on, not "${given}"`)
  return Number(given)
}
