/** What V8's sampling profilers write, as one tree of calls with weights: microseconds, or bytes. */
import { fileURLToPath } from 'node:url'
import { relative } from 'node:path'

/** A call, and what it called. Calls of one function from one place are one. */
export type Call = { readonly name: string; readonly room: string; self: number; readonly calls: Map<string, Call> }

type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number }
type CpuProfile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}
type HeapNode = { readonly callFrame: Frame; readonly selfSize: number; readonly children: readonly HeapNode[] }

const IDLE = new Set(['(idle)', '(root)'])

/** Of `--cpu-prof`; idle time is left out. */
export function readCpuProfile(text: string): Call {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as CpuProfile
  const micros = new Map<number, number>()
  for (const [i, id] of samples.entries()) micros.set(id, (micros.get(id) ?? 0) + (timeDeltas[i] ?? 0))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const root = callOf({ functionName: 'all', url: '', lineNumber: 0 })
  const add = (id: number, parent: Call): void => {
    const node = byId.get(id)
    if (node === undefined) return
    const isIdle = IDLE.has(node.callFrame.functionName)
    const call = isIdle ? parent : calledBy(parent, node.callFrame)
    if (!isIdle) call.self += micros.get(id) ?? 0
    for (const child of node.children ?? []) add(child, call)
  }
  add(nodes[0]?.id ?? 0, root)
  return root
}

/** Of `--heap-prof`. */
export function readHeapProfile(text: string): Call {
  const { head } = JSON.parse(text) as { readonly head: HeapNode }
  const root = callOf({ functionName: 'all', url: '', lineNumber: 0 })
  const add = (node: HeapNode, parent: Call): void => {
    const call = IDLE.has(node.callFrame.functionName) ? parent : calledBy(parent, node.callFrame)
    call.self += node.selfSize
    for (const child of node.children) add(child, call)
  }
  add(head, root)
  return root
}

function calledBy(parent: Call, frame: Frame): Call {
  const made = callOf(frame)
  const known = parent.calls.get(made.name)
  if (known !== undefined) return known
  parent.calls.set(made.name, made)
  return made
}

function callOf({ functionName, url, lineNumber }: Frame): Call {
  const place = placeOf(url)
  const name = functionName === '' ? '(anonymous)' : functionName
  return {
    name: place === '' ? name : `${name} ${place}:${lineNumber + 1}`,
    room: roomOf(place, name),
    self: 0,
    calls: new Map(),
  }
}

function placeOf(url: string): string {
  const path = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url
  return path.replace(/^.*node_modules\//, '')
}

/** The room of the house, and in it the folder; else the package, or the part of Node. */
function roomOf(place: string, name: string): string {
  if (place === '') return name === '(garbage collector)' ? 'garbage collector' : 'V8 and native code'
  const parts = place.split('/')
  if (parts[0] === 'src') return parts.slice(1, Math.min(parts.length - 1, 3)).join('/')
  if (place.startsWith('node:')) return place.startsWith('node:internal/webstreams') ? 'node: web streams' : 'node:'
  return parts.slice(0, place.startsWith('@') ? 2 : 1).join('/')
}
