/** An agent that is killed at every change of its code goes on under the next, and can say what each version was shown. */
import { expect, it } from 'vitest'
import { project } from '../../test/e2e/project.ts'
import { live, liveOn } from './lives.ts'
import type { Stage } from './lives.ts'

it('lives through three versions, and dies at each change', async () => {
  const variables = { SLOW_SHELF: '' }
  await using p = await project({}, variables)
  const start: Stage['start'] = (args, slowShelf) => {
    variables.SLOW_SHELF = slowShelf
    const { child, ended } = p.start(...args)
    return { kill: () => child.kill('SIGKILL'), ended }
  }
  const said = p.isShared ? await liveOn({ folder: p.folder, start }) : await live()
  expect(said).toContain('all 12 shelves')
})
