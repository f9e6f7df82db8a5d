/** Mistakes in the engine: who is told what and when, who is woken, what survives an owner. */
import type { PlantedBug } from '../planted-bug.ts'

const LANE = 'src/engine/embedded/effect-lane.ts'
const FRAME = 'src/engine/embedded/frame-step.ts'
const REST = 'src/engine/embedded/rest-step.ts'
const POST = 'src/engine/embedded/post.ts'
const RESIDENCY = 'src/engine/embedded/residency.ts'
const ACTIVATION = 'src/engine/embedded/activation.ts'
const QUEUE = 'src/engine/embedded/event-queue.ts'
const KERNEL = 'src/kernel/processes/kernel.ts'

export const ENGINE_BUGS: readonly PlantedBug[] = [
  {
    name: 'effect begins before its fact is durable',
    breaks: ['E2', 'E3'],
    because: 'waiting for the disk costs milliseconds for every effect',
    edits: [{ file: LANE, text: "effect.class === 'local' || after <= durable", instead: 'after >= 0' }],
  },
  {
    name: 'effect begins one frame early',
    breaks: ['E2'],
    because: 'off by one in what is durable',
    edits: [{ file: LANE, text: 'this.#held[0]!.after <= durable', instead: 'this.#held[0]!.after <= durable + 1' }],
  },
  {
    name: 'message heard before it is durable',
    breaks: ['E3', 'M1'],
    because: 'the receiver lives in the same process, and need not wait',
    edits: [
      {
        file: FRAME,
        text: 'arrivals = frame.sent.map(({ prepared }) => post.apply(prepared))',
        instead:
          'arrivals = frame.sent.map(({ prepared }) => post.apply(prepared))\n      for (const arrival of arrivals) post.arrive(arrival)',
      },
      {
        file: FRAME,
        text: '        post.arrive(arrival)\n        const { outgoing }',
        instead: '        const { outgoing }',
      },
    ],
  },
  {
    name: 'message consumed twice',
    breaks: ['M4', 'P5'],
    because: 'the receiver has it in memory, and its row can be tidied up later',
    edits: [{ file: FRAME, text: '    tables.mailbox.remove(seq)\n', instead: '' }],
  },
  {
    name: 'control heard twice',
    breaks: ['T2'],
    because: 'the frame that follows will say what came of it',
    edits: [{ file: FRAME, text: '  for (const seq of controls) tables.controls.remove(seq)\n', instead: '' }],
  },
  {
    name: 'what came during loading is heard twice',
    breaks: ['T2', 'M4'],
    because: 'an arrival after the load looks like news',
    edits: [{ file: ACTIVATION, text: '    if (what.row.seq <= this.#loadedSeq) return\n', instead: '' }],
  },
  {
    name: 'ids seen are forgotten at a restart',
    breaks: ['M2'],
    because: 'a set in memory is so much faster than a table',
    edits: [
      {
        file: POST,
        text: 'return mailbox.see(p, id, now + limits.FOREIGN_ID_TTL_MS)',
        instead: 'return mailbox.see(p, `${this.#parts.epoch}:${id}`, now + limits.FOREIGN_ID_TTL_MS)',
      },
    ],
  },
  {
    name: 'refused message is a duplicate when it comes again',
    breaks: ['M2', 'M6'],
    because: 'the id was seen, after all',
    edits: [{ file: POST, text: '      mailbox.unsee(p, `m:${message.id}`)\n', instead: '' }],
  },
  {
    name: 'mailbox newest first',
    breaks: ['M1', 'M4'],
    because: 'that is how an inbox is shown',
    edits: [
      {
        file: 'src/engine/embedded/store/mailbox-table.ts',
        text: "'select seq, text from message where p = ? order by seq'",
        instead: "'select seq, text from message where p = ? order by seq desc'",
      },
    ],
  },
  {
    name: 'message for an ended process vanishes',
    breaks: ['M6'],
    because: 'nobody is left to read it',
    edits: [
      {
        file: POST,
        text: "      mailbox.deadLetter(message.to, this.#parts.clock.now(), 'the process has ended', text)\n",
        instead: '',
      },
    ],
  },
  {
    name: 'deaf to controls while an effect runs',
    breaks: ['T2', 'P9'],
    because: 'a control lies in its table and can be read when the process rests',
    edits: [
      {
        file: POST,
        text: 'else if (arrived !== undefined) resident.arrived(arrived)',
        instead: "else if (arrived?.event.type === 'message') resident.arrived(arrived)",
      },
    ],
  },
  {
    name: 'controls wait behind messages',
    breaks: ['T2'],
    because: 'one queue, in order of arrival, looks fair',
    edits: [
      {
        file: QUEUE,
        text:
          'if (this.#controls.length > 0) return this.#controls.shift()\n' +
          '    if (this.#head === this.#others.length) return undefined',
        instead: 'if (this.#head === this.#others.length) return this.#controls.shift()',
      },
    ],
  },
  {
    name: 'control lost at passivation',
    breaks: ['T6', 'T7'],
    because: 'an empty queue looks like nothing has come',
    edits: [
      {
        file: REST,
        text: 'return queue.isEmpty && expected === 0 ?',
        instead: 'return queue.isEmpty ?',
      },
    ],
  },
  {
    name: 'passivated with an effect in flight',
    breaks: ['T7'],
    because: 'a process that idles should make room',
    edits: [
      {
        file: KERNEL,
        text: 'const mayRest = isIdle && !process.isHeldBack',
        instead: 'const mayRest = !process.isHeldBack',
      },
      {
        file: ACTIVATION,
        text: 'assert(this.lane.isIdle, `${this.pid} rests with effects in flight`)',
        instead: 'assert(this.#n >= 0, `${this.pid} rests`)',
      },
    ],
  },
  {
    name: 'timer lost at hand-over',
    breaks: ['T6'],
    because: 'who rests will be woken by its timer, and who set that is gone',
    edits: [
      { file: RESIDENCY, text: '    this.#wakeHeld()\n    this.#due.look()\n', instead: '    this.#wakeHeld()\n' },
    ],
  },
  {
    name: 'timer of a resting process not armed',
    breaks: ['T6'],
    because: 'the row says when it is due',
    edits: [
      {
        file: RESIDENCY,
        text: '    if (about.wakeAt !== undefined && !this.#isClosed) this.#due.expect(about.wakeAt)\n',
        instead: '',
      },
    ],
  },
  {
    name: 'what a dead owner ran is not taken up',
    breaks: ['P1'],
    because: 'its status says that it is running',
    edits: [
      {
        file: RESIDENCY,
        text: '    await commits.submit(() => tables.agenda.releaseInterrupted())\n',
        instead: '',
      },
    ],
  },
  {
    name: 'activated while its last activation returns',
    breaks: ['T1'],
    because: 'its row says that it rests',
    edits: [{ file: RESIDENCY, text: '      if (this.#runs.has(p)) continue\n', instead: '' }],
  },
  {
    name: 'a deploy leaves plain writes in the air',
    breaks: ['E9', 'E6'],
    because: 'leaving should be quick',
    edits: [
      {
        file: 'src/engine/departure.ts',
        text: '    await this.#until(({ lane }) => !lane.hasPlainWrites, DRAIN_WRITES_MS)\n',
        instead: '',
      },
    ],
  },
  {
    name: 'the abort of a leaving host is an outcome',
    breaks: ['E9'],
    because: 'the driver has answered: it said that it was aborted',
    edits: [
      {
        file: LANE,
        text: '  abort(key: EffectKey): void {',
        instead:
          '  abortAll(why: SkeinError): void {\n' +
          '    for (const controller of this.#controllers.values()) controller.abort(why)\n  }\n\n  abort(key: EffectKey): void {',
      },
      {
        file: ACTIVATION,
        text: '    this.queue.onlyOutcomes()\n',
        instead: '    this.queue.onlyOutcomes()\n    this.lane.abortAll(why)\n',
      },
    ],
  },
  {
    name: 'messages are taken while leaving',
    breaks: ['T7', 'M4'],
    because: 'who is there can as well hear them',
    edits: [{ file: QUEUE, text: '    this.#isSelective = true\n', instead: '' }],
  },
  {
    name: 'tombstone ignored',
    breaks: ['C5'],
    because: 'a process that does not exist cannot have been cancelled',
    edits: [
      {
        file: POST,
        text: "    if (controls.tombstone(pid) !== undefined) return this.#refuse(start.request, 'ended', { type: 'cancelled' })\n",
        instead: '',
      },
    ],
  },
  {
    name: 'nobody tells a parent that its start was refused',
    breaks: ['C2'],
    because: 'the answer to the start says so',
    edits: [
      {
        file: POST,
        text: 'return { result, also: this.#control(prepareControl(payer.pid, control, this.#parts.hash)) }',
        instead: 'return { result }',
      },
    ],
  },
  {
    name: 'pending effect settled twice',
    breaks: ['E10', 'J4'],
    because: 'the last word counts',
    edits: [
      {
        file: 'src/engine/embedded/settlements.ts',
        text: "    if (known !== undefined) return { result: 'duplicate' }\n",
        instead: '',
      },
    ],
  },
  {
    name: 'the lower frame number is used again after a restart',
    breaks: ['J1'],
    because: 'off by one: the end is the last, not the next',
    edits: [
      {
        file: 'src/engine/embedded/load.ts',
        text: 'nextN: end === undefined ? 0 : end.n + 1,',
        instead: 'nextN: end?.n ?? 0,',
      },
    ],
  },
  {
    name: 'older segments are replayed too',
    breaks: ['A4'],
    because: 'more of the journal cannot hurt',
    edits: [
      {
        file: FRAME,
        text: '    if (isSnapshot) tables.processes.startSegment(p, sealed.frame.n)\n',
        instead: '',
      },
    ],
  },
]
