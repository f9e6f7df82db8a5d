import { describe, expect, it } from 'vitest'
import type { EffectAsk } from '../effects/ask.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Process } from '../processes/process.ts'
import { hashesOf, shownFirst } from './shown-texts.ts'

const prompt = { hash: 'p', text: 'Be brief.' }
const tools = { hash: 't', text: 'look' }
const call = (shown: object): EffectAsk => ({ work: { kind: 'model', shown } }) as unknown as EffectAsk
const knowing = (...shown: readonly string[]): Process => ({ state: { shown: new Set(shown) } }) as unknown as Process
const said = (process: Process, shown: object) => shownFirst(process, call(shown))
const fact = (what: string, { hash, text }: typeof prompt) => ({ type: 'shown', what, hash, text: payloadOf(text) })

describe('texts that a model is shown', () => {
  it('are recorded once for a process, each of them, and named by every call', () => {
    const both = { prompt, tools }
    expect(said(knowing(), both)).toEqual([fact('prompt', prompt), fact('tools', tools)])
    expect(said(knowing('p'), both)).toEqual([fact('tools', tools)])
    expect(said(knowing('t'), both)).toEqual([fact('prompt', prompt)])
    expect(said(knowing('p', 't'), both)).toEqual([])
    expect(hashesOf(call(both))).toEqual({ prompt: 'p', tools: 't' })
  })

  it('need not both be there', () => {
    expect(said(knowing(), { tools })).toEqual([fact('tools', tools)])
    expect(hashesOf(call({ tools }))).toEqual({ tools: 't' })
    expect(said(knowing(), {})).toEqual([])
  })
})
