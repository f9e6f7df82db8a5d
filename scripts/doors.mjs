/**
 * What a compiled module needs to be loaded, past the doors of rooms: from a door it gets a name, and needs only the module
 * that has it. Doors only pass on names, and no module does anything by being loaded.
 */
import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'

/** A line that imports or passes on names, as `tsc` writes it. */
const NAMED = /^(import|export) \{([^}]*)\} from '(\.[^']*)';$/gm
/** Any other way to name a module, except for types: with a default, for all of it, or later. */
const STATIC = /^(?:import|export) [^'"]*from '(\.[^']*)';$/gm
const LATER = /\bimport\('(\.[^']*)'\)/g
const DOOR = '/index.js'

const partsOf = (names) =>
  names
    .split(',')
    .map((part) => part.trim().split(' as '))
    .filter(([name]) => name !== '')

/** The module at `id` with each name imported from where it is. */
export function pastDoors(code, id) {
  const folder = dirname(id)
  return code.replaceAll(NAMED, (line, verb, names, from) => {
    if (!from.endsWith(DOOR)) return line
    const lines = partsOf(names).map(([name, alias = name]) => {
      const home = homeOf(resolve(folder, from), name)
      const path = relative(folder, home.file)
      return `${verb} { ${home.name} as ${alias} } from '${path.startsWith('.') ? path : `./${path}`}';`
    })
    return lines.join('\n')
  })
}

function homeOf(door, name) {
  for (const [, verb, names, from] of readFileSync(door, 'utf8').matchAll(NAMED)) {
    const found = verb === 'export' && partsOf(names).find(([inner, outer = inner]) => outer === name)
    if (!found) continue
    const file = resolve(dirname(door), from)
    return file.endsWith(DOOR) ? homeOf(file, found[0]) : { file, name: found[0] }
  }
  return { file: door, name }
}

/** Every module that loading `entries` loads, and those that they load later, when they are asked to. */
export function reachOf(entries) {
  const reached = new Set(entries)
  const later = new Set()
  for (const id of reached) {
    const code = pastDoors(readFileSync(id, 'utf8'), id)
    for (const [, from] of code.matchAll(STATIC)) reached.add(resolve(dirname(id), from))
    for (const [, from] of code.matchAll(LATER)) later.add(resolve(dirname(id), from))
  }
  return { reached, later }
}
