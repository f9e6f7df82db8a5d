import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const FRONT_DOOR = new URL('../index.ts', import.meta.url)
const TRIPWIRE = new URL('./tripwire/tripwire.ts', import.meta.url)

/** What Node has loaded of itself once a program has run. */
function loadedAfter(program: string): readonly string[] {
  const argv = ['--conditions=skein-source', '--no-warnings', '--input-type=module', '-e']
  const tell = 'console.log(JSON.stringify(process.moduleLoadList))'
  const said = execFileSync(process.execPath, [...argv, `${program}\n${tell}`], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  })
  return JSON.parse(said) as string[]
}

const ofUndici = (names: readonly string[]): readonly string[] => names.filter((name) => name.includes('undici/'))

it('neither an import of the package nor the tripwire loads undici, which costs as much as everything else', () => {
  expect(ofUndici(loadedAfter(`import '${FRONT_DOOR.href}'`))).toEqual([])
  const up = `import { tripwire } from '${TRIPWIRE.href}'\ntripwire('error', console.error)`
  expect(ofUndici(loadedAfter(up))).toEqual([])
  expect(ofUndici(loadedAfter("import 'node:http'"))).not.toEqual([])
})
