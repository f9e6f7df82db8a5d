import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../folder/folder.fixture.ts'
import { chooseSocketPath, removeSocket } from './socket-path.ts'

describe('the socket of a data folder', () => {
  it('that an owner left behind is removed, and nothing else in the folder', () => {
    using folder = temporaryFolder()
    const [socket, data] = [join(folder.path, 'control.sock'), join(folder.path, 'data')]
    mkdirSync(folder.path, { recursive: true })
    for (const path of [socket, data]) writeFileSync(path, '')
    removeSocket(socket)
    expect([existsSync(socket), existsSync(data)]).toEqual([false, true])
  })

  it('is removed with the private folder that was made for it, where the path was too long', () => {
    const path = chooseSocketPath(`/tmp/${'long/'.repeat(40)}`)
    writeFileSync(path, '')
    removeSocket(path)
    expect(existsSync(dirname(path))).toBe(false)
  })
})
