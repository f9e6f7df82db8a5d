/** JSON given on the command line, or in a file as `@name`. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SkeinError } from '../../std/index.ts'
import { INPUT_BYTES_MAX } from '../limits.ts'
import { bytesWords } from '../words/amounts.ts'

/** The value. Throws `INPUT_INVALID` with the place, or `FILE_UNREADABLE`. */
export async function readInput(text: string, cwd: string, what: string): Promise<unknown> {
  const isFile = text.startsWith('@')
  const json = isFile ? await readJsonFile(text.slice(1), cwd) : text
  try {
    return JSON.parse(json) as unknown
  } catch (cause) {
    const where = isFile ? `${what} (${text.slice(1)})` : what
    throw new SkeinError(
      'INPUT_INVALID',
      `${where} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}${mend(text, isFile)}`,
    )
  }
}

/** What to say to a process: a text as it stands, or JSON. */
export async function readMessage(text: string, cwd: string): Promise<unknown> {
  return isText(text) ? text : readInput(text, cwd, 'the message')
}

/** What is no file and does not even begin like JSON. */
function isText(text: string): boolean {
  if (/^\s*[[{"@]/.test(text)) return false
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

/** A bare word was most likely meant as a text. */
function mend(text: string, isFile: boolean): string {
  if (isFile || /^[\s]*[[{"]/.test(text)) return ''
  return `; a text is written '${JSON.stringify(text)}', a file @name`
}

async function readJsonFile(name: string, cwd: string): Promise<string> {
  const file = resolve(cwd, name)
  try {
    const { size } = await stat(file)
    if (size <= INPUT_BYTES_MAX) return await readFile(file, 'utf8')
  } catch (cause) {
    throw new SkeinError('FILE_UNREADABLE', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
  throw new SkeinError(
    'FILE_UNREADABLE',
    `${name} has more than ${bytesWords(INPUT_BYTES_MAX)}; give the run the name of the file instead`,
  )
}
