import { describe, expect, it } from 'vitest'
import type { AnyTool } from '../definitions/tool.ts'
import { contentIdent } from '../keys/key.ts'
import { toolEffect } from './tool-effect.ts'

const hash = { sha256: (text: string) => `hash of ${text}` }
const tool = { inputSchema: {}, execute: () => 1 } as unknown as AnyTool

describe('a tool call as an effect', () => {
  it('K3: is known by the hash of its input, whether somebody has it already or not', () => {
    const about = { toolCallId: 'c', messages: [] }
    const argsHashes = [{ n: 1 }, { n: 2 }].map((input) => toolEffect(tool, 't', input, about, hash).argsHash)
    expect(argsHashes).toEqual([contentIdent({ n: 1 }, hash), contentIdent({ n: 2 }, hash)])
    expect(toolEffect(tool, 't', { n: 1 }, { ...about, argsHash: 'known' }, hash).argsHash).toBe('known')
  })
})
