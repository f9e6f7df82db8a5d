/** What processes cost that wait. */
import type { Bench, Measured } from './harness/bench.ts'

const SIZES = [
  { processes: 10_000, group: '10,000 waiting' },
  { processes: 100_000, group: '100,000 waiting' },
  { processes: 1_000_000, group: '1,000,000 waiting' },
] as const
const HUNDRED_THOUSAND = SIZES[1].group
const MESSAGE = 'skein, for a message'
const TIMER = 'skein, for a message or a timer'
const VARIANTS = [MESSAGE, TIMER] as const
/** A heap is never measured to the byte: what is found here for one process is noise. */
const HEAP_BYTES_NONE = 8
const DISK_BYTES_MAX = 2048
const WAKE_MS_MAX = 20

export const waiting: Bench = {
  name: 'waiting',
  summary: 'Heap, disk, time to open the folder and to wake one, with many processes that wait.',
  method: `
    Workflows that receive a message, with or without a time limit of thirty days, are started and left alone until all
    of them rest in the folder; it is then closed. A second process opens it: heap is what that adds
    to its heap after a collection, divided by the processes. Then it sends messages to a thousand of them at random, 100
    a second; a wake is the time from \`send\` to the workflow's next line. Disk is all files of the folder.
  `,
  rounds: 1,
  figures: [
    { key: 'heapBytesPerProcess', label: 'heap bytes each', better: 'less' },
    { key: 'diskBytesPerProcess', label: 'disk bytes each', better: 'less' },
    { key: 'openMs', label: 'opening, ms', better: 'less' },
    { key: 'wakeMsP50', label: 'wake ms, p50', better: 'less' },
    { key: 'wakeMsP99', label: 'wake ms, p99', better: 'less' },
    { key: 'wakesPerSecond', label: 'wakes/s asked for', better: 'none' },
    { key: 'rssMb', label: 'RSS MB', better: 'less' },
    { key: 'layDownSeconds', label: 'to lay all down, s', better: 'less' },
  ],
  cells: SIZES.flatMap(({ processes, group }) =>
    VARIANTS.map((variant) => ({
      variant,
      group,
      script: 'cells/waiting/skein.ts',
      args: { processes, wakes: 1000, on: variant === TIMER ? 'timer' : 'message' },
      quick: { processes: Math.min(processes, 100_000) / 10, wakes: 200 },
      timeoutMs: 1_200_000,
    })),
  ),
  goals: [
    {
      what: 'a waiting process',
      toReach: 'none in the heap, ≤ 2 KB on disk',
      judge: (measured) => {
        const heap = most(measured, 'heapBytesPerProcess')
        const disk = most(measured, 'diskBytesPerProcess')
        if (heap === undefined || disk === undefined) return undefined
        return {
          isReached: heap <= HEAP_BYTES_NONE && disk <= DISK_BYTES_MAX,
          figure: `heap ${heap.toFixed(1)} bytes, disk ${disk.toFixed(0)} bytes`,
        }
      },
    },
    {
      what: 'waking a random one of 100,000, at 100 wakes/s, p99',
      toReach: `≤ ${WAKE_MS_MAX} ms`,
      judge: (measured) => {
        const p99 = most(measured, 'wakeMsP99')
        return p99 === undefined ? undefined : { isReached: p99 <= WAKE_MS_MAX, figure: `${p99.toFixed(1)} ms` }
      },
    },
  ],
}

/** Of both variants; none when one of them was not measured. */
function most(measured: Measured, key: string): number | undefined {
  const values = VARIANTS.flatMap((variant) => measured.median(variant, key, HUNDRED_THOUSAND) ?? [])
  return values.length < VARIANTS.length ? undefined : Math.max(...values)
}
