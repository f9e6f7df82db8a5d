import { connect } from 'node:net'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../../kernel/index.ts'
import { asPid, SkeinError } from '../../../std/index.ts'
import {
  all,
  captured,
  codeOf,
  endWith,
  factsFrom,
  HandClock,
  message,
  note,
  request,
  rest,
  settle,
} from '../../engine.fixture.ts'
import { attachEmbedded } from '../folder/attach-embedded.ts'
import type { AttachedEngine } from '../folder/attach-embedded.ts'
import { ownerProcess, ports, temporaryFolder } from '../folder/folder.fixture.ts'
import { openEmbedded } from '../folder/open-embedded.ts'
import { noteOf } from '../folder/owner-lock.ts'
import { ControlClient } from './control-client.ts'

async function attach(folder: string): Promise<AttachedEngine> {
  const attached = await attachEmbedded(folder, ports)
  if (attached === undefined) throw new Error('there is no owner')
  return attached
}

/** The files of a folder that this process has open, where the system tells. */
function openIn(folder: string): readonly string[] {
  const [list] = ['/proc/self/fd', '/dev/fd'].filter((path) => existsSync(path))
  const names = list === undefined ? [] : readdirSync(list)
  return names.flatMap((name) => {
    try {
      const path = readlinkSync(join(list ?? '', name))
      return path.startsWith(folder) ? [path] : []
    } catch {
      // Another one of its files was closed meanwhile.
      return []
    }
  })
}

/** Sends raw text and returns the first line that comes back, or what ends the connection. */
function sendRaw(path: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(text))
    socket.on('data', (data: Buffer) => {
      resolve(String(data).split('\n')[0] ?? '')
      socket.destroy()
    })
    socket.on('close', () => resolve('closed'))
  })
}

describe('the control socket', () => {
  it('lets another process act through the owner and read beside it', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(
      folder.path,
      `await engine.host(async (activation) => {
        for (let seq = activation.facts.length; ; seq++) {
          const event = await activation.next()
          const text = event.type === 'message' ? event.message.id : event.control.reason
          activation.frame(factsFrom(seq, [note(text)]), { consumed: event.type === 'message' ? [event.message.id] : [] })
          if (event.type === 'control') return void await endWith(activation, text)
        }
      })`,
    )
    await using attached = await attach(folder.path)
    expect(await attached.start(request('p', { input: payloadOf({ grüße: '✓' }) }))).toEqual({
      pid: 'p',
      created: true,
    })
    expect(await attached.start(request('p'))).toEqual({ pid: 'p', created: false })
    expect(await attached.deliver(message('p', 'm1'))).toBe('queued')
    expect(await attached.deliver(message('p', 'm1'))).toBe('duplicate')
    expect(await attached.deliver(message('nobody', 'm1'))).toBe('unknown')
    const stop = new AbortController()
    const changes = attached.watch({ root: asPid('p') }, stop.signal)
    expect(await attached.control(asPid('p'), { id: 'c', type: 'cancel', reason: 'stop', by: 'me' })).toBe('queued')
    let last: string | undefined
    for await (const change of changes) if ((last = change.status) === 'done') break
    expect(last).toBe('done')
    expect(await attached.inspect(asPid('p'))).toMatchObject({
      status: 'done',
      result: { type: 'ok', value: { text: '"stop"' } },
    })
    expect((await all(attached.history(asPid('p')))).flatMap((frame) => frame.facts)).toHaveLength(2)
    expect(await all(attached.list({}))).toHaveLength(1)
    expect(await all(attached.verify())).toEqual([])
    await owner.kill('SIGTERM')
  })

  it('an owner that removes no streams says so to whoever erases', async () => {
    using folder = temporaryFolder()
    await using _owner = await openEmbedded({ folder: folder.path, ...ports })
    await using attached = await attach(folder.path)
    expect(await codeOf(attached.forget(asPid('p')))).toBe('CONTROL_UNREACHABLE')
  })

  it('does through the owner all that an operator does: switches, settlements, erasure, quarantine', async () => {
    using folder = temporaryFolder()
    const forgotten: string[] = []
    const forget = async (one: string): Promise<void> => void forgotten.push(one)
    await using owner = await openEmbedded({ folder: folder.path, ...ports, forget })
    await using attached = await attach(folder.path)
    const pid = asPid('p')
    await attached.start(request('p', { input: payloadOf('said') }))
    expect(await attached.switch({ target: 'tool:pay', to: 'off', by: 'ann' })).toBe(true)
    expect(await owner.switches()).toMatchObject([{ target: 'tool:pay', by: 'ann' }])
    expect(await attached.switches()).toMatchObject([{ target: 'tool:pay' }])
    const settled = { how: 'done', value: payloadOf(1), by: 'far side' } as const
    expect(await attached.settle('job-1', settled)).toBe('held')
    expect(await attached.settle('job-2', settled, false)).toBe('unknown')

    expect(await codeOf(attached.erase(pid, { by: 'ann' }))).toBe('PROCESS_NOT_ENDED')
    await using _host = await owner.host(async (activation) => void (await endWith(activation, 'over')))
    const stop = new AbortController()
    for await (const { status } of attached.watch({ root: pid }, stop.signal)) if (status === 'done') break
    forgotten.length = 0
    await attached.forget(pid)
    expect(forgotten).toEqual(['p'])
    // A client of a version that does not ask for it erases what was said, too.
    expect(await attached.erase(pid, { by: 'ann' })).toMatchObject({ payloads: expect.any(Number) as number })
    expect(forgotten).toEqual(['p', 'p'])
    await attached.compact()
    expect(await owner.inspect(pid)).toMatchObject({ erased: { by: 'ann' } })

    const quarantine = { incarnation: 2, takenAt: 1, restoredAt: 2, by: 'ann' }
    await owner.setQuarantine(quarantine)
    expect(attached.quarantine).toEqual(quarantine)
    expect(await codeOf(attached.setQuarantine(quarantine))).toBe('USAGE')
    await attached.setQuarantine(undefined)
    expect(owner.quarantine).toBeUndefined()
  })

  it('carries errors as they are, and refuses to host', async () => {
    using folder = temporaryFolder()
    await using _owner = await openEmbedded({ folder: folder.path, ...ports })
    await using attached = await attach(folder.path)
    expect(await codeOf(attached.start(request('not a pid')))).toBe('INPUT_INVALID')
    expect(await codeOf(attached.host(() => Promise.resolve()))).toBe('USAGE')
    expect(await codeOf(attached.control(asPid('nobody'), { id: 't', type: 'topUp', amounts: {}, by: 'me' }))).toBe(
      'PROCESS_UNKNOWN',
    )
  })

  it('an owner that dies answers CONTROL_UNREACHABLE, to calls and to watches; the next one is found again', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(folder.path)
    await using attached = await attach(folder.path)
    const watching = codeOf(all(attached.watch({}, new AbortController().signal)))
    await attached.start(request('p'))
    await owner.kill()
    expect(await watching).toBe('CONTROL_UNREACHABLE')
    expect(await codeOf(attached.start(request('q')))).toBe('CONTROL_UNREACHABLE')
    await using _next = await openEmbedded({ folder: folder.path, ...ports })
    expect(await attached.start(request('q'))).toEqual({ pid: 'q', created: true })
  })

  it('a line that is no request is answered, harms nobody else, and the owner goes on', async () => {
    using folder = temporaryFolder()
    await using _owner = await openEmbedded({ folder: folder.path, ...ports })
    const path = noteOf(folder.path, 'socket') ?? ''
    for (const bad of [
      'not json\n',
      'null\n',
      '{"v":2,"id":1,"call":{}}\n',
      '{"v":1,"id":1,"call":{"op":"dance"}}\n',
      '{"v":1,"id":1,"call":{"op":"start"}}\n',
      '{"v":1,"id":1,"call":{"op":"deliver","message":{"id":"m"}}}\n',
    ]) {
      expect(JSON.parse(await sendRaw(path, bad))).toMatchObject({ error: { code: expect.any(String) } })
    }
    await using attached = await attach(folder.path)
    expect(await attached.start(request('p'))).toEqual({ pid: 'p', created: true })
  })

  it('an owner that holds the folder but does not answer is not waited for', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(folder.path)
    owner.child.kill('SIGSTOP')
    const client = new ControlClient(noteOf(folder.path, 'socket') ?? '', ports.clock)
    expect(await codeOf(client.call({ op: 'ping' }, 50))).toBe('CONTROL_UNREACHABLE')
    const clock = new HandClock()
    const attaching = codeOf(attachEmbedded(folder.path, { ...ports, clock }))
    await settle()
    clock.advance(60_000)
    expect(await attaching).toBe('CONTROL_UNREACHABLE')
    owner.child.kill('SIGCONT')
    expect(await client.call({ op: 'ping' })).toBe('pong')
    client[Symbol.dispose]()
  })

  it('an owner that is asked to hand over hears it, and says whether anybody of its host does', async () => {
    using folder = temporaryFolder()
    const heard: string[] = []
    const ask = async (onHandOver?: () => void): Promise<unknown> => {
      const about = { folder: folder.path, ...ports, ...(onHandOver === undefined ? {} : { onHandOver }) }
      await using _engine = await openEmbedded(about)
      using client = new ControlClient(noteOf(folder.path, 'socket') ?? '', ports.clock)
      return await client.call({ op: 'handOver' })
    }
    expect([await ask(), await ask(() => void heard.push('asked')), heard]).toEqual([false, true, ['asked']])
  })

  it('a folder whose owner left between two looks has none', async () => {
    using folder = temporaryFolder()
    await (await openEmbedded({ folder: folder.path, ...ports }))[Symbol.asyncDispose]()
    const lock = new DatabaseSync(join(folder.path, 'owner'))
    lock.exec('begin exclusive')
    const attaching = attachEmbedded(folder.path, ports)
    lock.close()
    expect(await attaching).toBeUndefined()
    expect(openIn(folder.path)).toEqual([])
  })

  it('a watch that the owner refuses says why, one that is given up before it began is empty', async () => {
    using folder = temporaryFolder()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    await using attached = await attach(folder.path)
    expect(await all(attached.watch({}, AbortSignal.abort()))).toEqual([])
    engine.abandon(new SkeinError('STORE_FULL', 'the disk is full'))
    expect(await codeOf(all(attached.watch({}, new AbortController().signal)))).toBe('STORE_FULL')
  })

  it('a watcher that reads slowly slows nobody and misses nothing of a short story', async () => {
    using folder = temporaryFolder()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    await using attached = await attach(folder.path)
    const stop = new AbortController()
    const warnings: string[] = []
    const onWarning = ({ name }: Error): unknown => warnings.push(name)
    process.on('warning', onWarning)
    const changes = attached.watch({}, stop.signal)
    await attached.start(request('p'))
    const activation = await host.next()
    const large = note('x'.repeat(60_000))
    for (let seq = 0; seq < 40; seq++) {
      activation.frame(factsFrom(seq, [large]), {})
      await settle(1)
    }
    await endWith(activation)
    const frames: (number | undefined)[] = []
    for await (const change of changes) {
      if (change.frame !== undefined) frames.push(change.frame.n)
      if (change.status === 'done') break
    }
    process.off('warning', onWarning)
    expect(frames).toEqual(Array.from({ length: 40 }, (_, n) => n))
    // Of each wait for the watcher nothing was left on its socket.
    expect(warnings).toEqual([])
  })

  it('a path too long for a socket goes to a private temporary folder, which goes with its owner', async () => {
    using folder = temporaryFolder('x'.repeat(120))
    const owner = await openEmbedded({ folder: folder.path, ...ports })
    const path = noteOf(folder.path, 'socket') ?? ''
    expect(path.startsWith(folder.path)).toBe(false)
    {
      await using attached = await attach(folder.path)
      expect(await attached.start(request('p'))).toEqual({ pid: 'p', created: true })
    }
    await owner[Symbol.asyncDispose]()
    expect(existsSync(dirname(path))).toBe(false)
  })

  it('what a killed owner left behind is removed by the next', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(folder.path)
    await owner.kill()
    expect(existsSync(join(folder.path, 'control.sock'))).toBe(true)
    const next = await openEmbedded({ folder: folder.path, ...ports })
    await using attached = await attach(folder.path)
    expect(await attached.deliver(message('nobody', 'm'))).toBe('unknown')
    await next[Symbol.asyncDispose]()
    expect(existsSync(join(folder.path, 'control.sock'))).toBe(false)
  })

  it('a watch ends with its signal, and large messages pass whole', async () => {
    using folder = temporaryFolder()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    await using attached = await attach(folder.path)
    const stop = new AbortController()
    const watching = all(attached.watch({}, stop.signal))
    const input = payloadOf('ü'.repeat(3_000_000))
    await attached.start(request('p', { input }))
    const activation = await host.next()
    expect(activation.start.input.text.length).toBe(input.text.length)
    activation.frame(factsFrom(0, [note('a')]), {})
    await rest(activation)
    stop.abort()
    expect((await watching).map((change) => change.status)).toEqual(expect.arrayContaining(['ready']))
    await engine.control(asPid('p'), { id: 'c', type: 'cancel', reason: '', by: '' })
    await endWith(await host.next())
  })
})
