/** A tree of calls as a flame graph: an SVG that needs nothing else; a rectangle says its share when it is pointed at. */
import type { Call } from './profile-tree.ts'

const WIDTH = 1_600
const ROW = 16
const TITLE = 24
const CHAR = 6.2
const WIDTH_LEAST = 0.4

/** The SVG. */
export function flameGraph(tree: Call, title: string): string {
  const weights = new Map<Call, number>()
  const total = weigh(tree, weights)
  const rows: string[] = []
  let deepest = 0
  const draw = (call: Call, x: number, depth: number): void => {
    const weight = weights.get(call) ?? 0
    const width = (weight / total) * WIDTH
    if (width < WIDTH_LEAST) return
    deepest = Math.max(deepest, depth)
    rows.push(rectangle(call, { x, y: TITLE + depth * ROW, width, share: weight / total }))
    let left = x
    for (const child of [...call.calls.values()].sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0))) {
      draw(child, left, depth + 1)
      left += ((weights.get(child) ?? 0) / total) * WIDTH
    }
  }
  draw(tree, 0, 0)
  const height = TITLE + (deepest + 1) * ROW
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="monospace" font-size="11">` +
    `<text x="4" y="16">${escaped(title)}</text>\n${rows.join('\n')}\n</svg>\n`
  )
}

function weigh(call: Call, weights: Map<Call, number>): number {
  let weight = call.self
  for (const child of call.calls.values()) weight += weigh(child, weights)
  weights.set(call, weight)
  return weight
}

type Place = { readonly x: number; readonly y: number; readonly width: number; readonly share: number }

function rectangle({ name, room }: Call, { x, y, width, share }: Place): string {
  const chars = Math.floor((width - 4) / CHAR)
  const label = chars < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(name.slice(0, chars))}</text>`
  const hint = `<title>${escaped(name)}: ${(share * 100).toFixed(2)} %</title>`
  const shape = `x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}"`
  return `<g>${hint}<rect ${shape} fill="hsl(${hueOf(room)} 70% 75%)"/>${label}</g>`
}

/** Equal rooms look equal. */
function hueOf(room: string): number {
  let hue = 7
  for (const char of room) hue = (hue * 31 + (char.codePointAt(0) ?? 0)) % 360
  return hue
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
