import { expect, it } from 'vitest'
import { checkNeeds } from './needs.ts'
import { workflow } from './workflow.ts'

const embedded = { durability: 'fsync', nodes: 'one', ownerDeath: 'known' }
const cluster = { durability: 'quorum', nodes: 'many', ownerDeath: 'presumed' }

it('what an engine does not promise is refused, by name, with what it has', () => {
  const safe = workflow({ name: 'safe', needs: { durability: 'quorum', nodes: 'many' } }, () => 1)
  const known = workflow({ name: 'known', needs: { ownerDeath: 'known' } }, () => 1)
  const modest = workflow({ name: 'modest' }, () => 1)
  const refused = (definition: typeof safe, has: typeof embedded): unknown => {
    try {
      checkNeeds(definition, has)
      return undefined
    } catch (thrown) {
      return thrown
    }
  }
  expect(refused(safe, cluster)).toBeUndefined()
  expect([refused(modest, embedded), refused(modest, cluster), refused(known, embedded)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(refused(safe, embedded)).toMatchObject({
    code: 'ENGINE_LACKS',
    message: expect.stringMatching(/safe needs .*durability: 'quorum'.*'fsync'/),
  })
  expect(refused(known, cluster)).toMatchObject({
    code: 'ENGINE_LACKS',
    message: expect.stringContaining("'presumed'"),
  })
})

it('a need that no engine knows is no definition', () => {
  expect(() => workflow({ name: 'w', needs: { durability: 'fsync' } as never }, () => 1)).toThrow(/durability/)
  expect(() => workflow({ name: 'w', needs: { disks: 'two' } as never }, () => 1)).toThrow(/disks/)
})
