/** What goes wrong with paths and files, as errors that name the path as it was given. */
import { SkeinError } from '../../std/index.ts'

/** A path that leaves the folder. */
export function escapes(path: string, why: string): SkeinError {
  return new SkeinError(
    'PATH_ESCAPES',
    `${quoted(path)} ${why}; give a path inside the folder, relative to it, such as src/main.ts`,
  )
}

/** True for a system error with that code. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}

/** The error that stands for a failed system call on `path`. */
export function pathError(error: unknown, path: string): SkeinError {
  if (SkeinError.isInstance(error)) return error
  const fail = (
    code: 'FILE_UNREADABLE' | 'FILE_NOT_TEXT' | 'PATH_ESCAPES' | 'EFFECT_FAILED',
    what: string,
  ): SkeinError => new SkeinError(code, `${quoted(path)} ${what}`, { cause: error })
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return fail('FILE_UNREADABLE', 'does not exist; list_files shows what does')
    case 'ENOTDIR':
      return fail('FILE_NOT_TEXT', 'goes through something that is not a folder; list_files shows what is there')
    case 'EISDIR':
      return fail('FILE_NOT_TEXT', 'is a folder; list_files shows what is in it')
    case 'EACCES':
    case 'EPERM':
      return fail('FILE_NOT_TEXT', 'may not be opened by the user that Skein runs as; change its permissions')
    case 'ENXIO':
      return fail('FILE_NOT_TEXT', 'is a socket or a pipe, not a file')
    case 'ELOOP':
      return fail('PATH_ESCAPES', 'goes through links that lead nowhere or in a circle; name the file itself')
    case 'ENAMETOOLONG':
      return fail('FILE_UNREADABLE', 'is longer than the file system takes')
    default:
      return fail('EFFECT_FAILED', `could not be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A path for people: escaped and bounded. */
export function quoted(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
}
