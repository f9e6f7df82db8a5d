import { describe, expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import { holdOfAsk } from './held.ts'
import type { Process } from './process.ts'

const pid = asPid('p')
/** What is looked up, in place of what holds it. */
const process = { pid, deps: { switches: { off: (about: object) => about } } } as unknown as Process
const held = (ask: object) => holdOfAsk(process, ask as Ask)

describe('what a switch can hold by itself', () => {
  it('is the call of a tool and the start of a definition', () => {
    expect(held({ op: 'effect', name: 'pay', work: { kind: 'tool' } })).toEqual({ pid, tool: 'pay' })
    const definition = { kind: 'agent', name: 'reader' }
    expect(held({ op: 'start', name: 'reader', definition })).toEqual({ pid, definition })
  })

  it('is no model call, no step that has the name of a tool, and nothing else', () => {
    expect(held({ op: 'effect', name: 'pay', work: { kind: 'model' } })).toBeUndefined()
    expect(held({ op: 'effect', name: 'pay', work: { kind: 'step' } })).toBeUndefined()
    expect(held({ op: 'start', name: 'twin' })).toBeUndefined()
    expect(held({ op: 'send', name: 'pay' })).toBeUndefined()
  })
})
