/** Tells the code of this package from the user's, by path. */
import { fileURLToPath } from 'node:url'

/** The folder of all our modules: `src` in the repository, `dist` in the package. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** True for a file of this package. */
export function isOwnCode(file: string): boolean {
  return file.startsWith(OWN_FOLDER)
}
