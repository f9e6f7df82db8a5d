/** Commands as they are shown: typeable as they stand. */

/** Writes a command of `skein`, each word quoted where a shell needs it. */
export type Command = (...words: readonly string[]) => string

/** For the data folder or engine that the user named; without one, commands find the same by themselves. */
export function commandFor(data: string | undefined, engine?: string): Command {
  const place = [...(data === undefined ? [] : ['--data', data]), ...(engine === undefined ? [] : ['--engine', engine])]
  return (...words) => ['npx', 'skein', ...words, ...place].map(shellWord).join(' ')
}

/** A word as a shell needs it: quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
