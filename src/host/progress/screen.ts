/**
 * A block of lines at the bottom of a terminal, redrawn in place.
 *
 * Invariants:
 * 1. The cursor is hidden while the block stands, and back when it is disposed or the process exits.
 * 2. Lines printed meanwhile scroll away above the block.
 */
import { styleText } from 'node:util'
import type { Line } from './lines.ts'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_BELOW = '\u001b[0J'

/** The block. */
export interface Screen extends Disposable {
  draw(lines: readonly Line[]): void
  /** A line that stays. */
  print(text: string): void
}

/** Draws by writing to `write`. */
export function screen(write: (text: string) => void, colours: boolean): Screen {
  let standing: readonly Line[] = []
  let last = ''
  let isHidden = true
  const restore = (): void => {
    if (isHidden) write(SHOW_CURSOR)
    isHidden = false
  }
  process.once('exit', restore)
  write(HIDE_CURSOR)
  const up = (): string => (standing.length === 0 ? '' : `\u001b[${standing.length}A\r${CLEAR_BELOW}`)
  const block = (lines: readonly Line[]): string => lines.map((line) => `${paint(line, colours)}\n`).join('')
  return {
    draw(lines) {
      const text = block(lines)
      if (text === last) return
      write(up() + text)
      standing = lines
      last = text
    },
    print(text) {
      write(`${up()}${text}\n${last}`)
    },
    [Symbol.dispose]: () => {
      process.off('exit', restore)
      restore()
    },
  }
}

function paint(line: Line, colours: boolean): string {
  if (!colours) return line.text
  switch (line.tone) {
    case 'ask':
      return styled(['bold', 'yellow'], line.text)
    case 'bad':
      return styled(['red'], line.text)
    case 'dim':
      return styled(['dim'], line.text)
    case 'plain':
      return line.text
  }
}

const styled = (styles: ('bold' | 'yellow' | 'red' | 'dim')[], text: string): string =>
  styleText(styles, text, { validateStream: false })

/** Whether a terminal wants colours (https://no-color.org). */
export function wantsColours(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['NO_COLOR'] ?? '') === ''
}
