/** Mistakes in processes: delivery, scopes, children, segments, forks and upgrades. */
import type { PlantedBug } from '../planted-bug.ts'

const REPLAY = 'src/kernel/processes/replay.ts'
const DELIVER = 'src/kernel/processes/deliver.ts'
const KERNEL = 'src/kernel/processes/kernel.ts'
const CANCEL = 'src/kernel/processes/cancel.ts'
const STATE = 'src/kernel/processes/process-state.ts'
const ENACT = 'src/kernel/processes/enact.ts'
const SHIELD = 'src/kernel/processes/shield.ts'
const MAILBOX = 'src/kernel/messages/mailbox.ts'
const EVENTS = 'src/kernel/processes/events.ts'
const SHARED = 'src/kernel/forks/shared-facts.ts'

export const PROCESS_BUGS: readonly PlantedBug[] = [
  {
    name: 'miss run during replay',
    breaks: ['D5', 'P3'],
    because: 'what is new can begin while the rest is delivered',
    edits: [
      {
        file: REPLAY,
        text: 'while (await deliverNext(process))',
        instead: 'while (process.asked.length === 0 && (await deliverNext(process)))',
      },
      {
        file: REPLAY,
        text: 'if (orphan !== undefined) throw diverged',
        instead: 'if (orphan !== undefined && process.asked.length === 0) throw diverged',
      },
    ],
  },
  {
    name: 'divergence not looked for',
    breaks: ['D6'],
    because: 'what is not asked for any more does no harm',
    edits: [
      {
        file: REPLAY,
        text: 'if (orphan !== undefined) throw diverged',
        instead: 'if (orphan === null) throw diverged',
      },
    ],
  },
  {
    name: 'replay delivers in the order of the asks',
    breaks: ['D4'],
    because: 'the record is there when it is asked for',
    edits: [
      {
        file: 'src/kernel/processes/process.ts',
        text: 'this.queue.push(record.outcomeSeq, ask.key)\n',
        instead: 'this.queue.push(this.known.size, ask.key)\n',
      },
    ],
  },
  {
    name: 'all that has ended is delivered at once',
    breaks: ['D1'],
    because: 'a macrotask per outcome looks wasteful',
    edits: [
      {
        file: DELIVER,
        text: 'inMacrotask(process, () => deliver(process, key))',
        instead:
          'inMacrotask(process, () => {\n' +
          '    for (let at: EffectKey | undefined = key; at !== undefined; at = nextKey(process)) deliver(process, at)\n  })',
      },
    ],
  },
  {
    name: 'a foreign await is not noticed',
    breaks: ['D3'],
    because: 'the workflow will go on when its promise settles',
    edits: [{ file: KERNEL, text: '  if (foreign !== undefined) throw foreign\n', instead: '' }],
  },
  {
    name: 'losers of a race go on',
    breaks: ['X2'],
    because: 'their outcomes are not delivered anyway',
    edits: [
      {
        file: CANCEL,
        text: "else if (begun && ask.class !== 'write' && record.outcome === undefined) process.act.abort(key)",
        instead: 'else if (begun) return',
      },
    ],
  },
  {
    name: 'a scope that closes stops what is outside it',
    breaks: ['X2', 'X3'],
    because: 'what is open when a scope closes looks like its own',
    edits: [
      {
        file: CANCEL,
        text: 'if (liesWithin(ask.scope.path, scope)) stopAsk(process, ask)',
        instead: 'stopAsk(process, ask)',
      },
    ],
  },
  {
    name: 'pending calls outside a closed scope reject too',
    breaks: ['X3'],
    because: 'a closed scope rejects its calls',
    edits: [{ file: DELIVER, text: ' || !liesWithin(ask.scope.path, scope)) continue', instead: ') continue' }],
  },
  {
    name: 'decided after its scope has concluded',
    breaks: ['X6'],
    because: 'what is open is still wanted',
    edits: [
      { file: KERNEL, text: 'process.open.has(ask.key) && ask.scope.isOpen)', instead: 'process.open.has(ask.key))' },
    ],
  },
  {
    name: 'children of a cancelled process live on',
    breaks: ['X5'],
    because: 'they have their own ends',
    edits: [
      {
        file: CANCEL,
        text: '    if (liesWithin(child.key, scope)) cancelChild(process, child.key, child.pid)\n',
        instead: '    if (child.detached) cancelChild(process, child.key, child.pid)\n',
      },
      {
        file: 'src/kernel/processes/ending.ts',
        text: '  if (failed) for (const child of children) cancelChild(process, child.key, child.pid)\n',
        instead: '',
      },
    ],
  },
  {
    name: 'cancel ends without its begun writes',
    breaks: ['X2', 'C3'],
    because: 'a cancelled process should end at once',
    edits: [
      {
        file: 'src/kernel/processes/ending.ts',
        text: 'if (process.inFlight > 0 || process.switchedOff.length > 0 || isHeld || hasBegun(process))',
        instead: 'if ((process.inFlight > 0 && !cancelled) || process.switchedOff.length > 0 || isHeld)',
      },
    ],
  },
  {
    name: 'compensation under a key of its activation',
    breaks: ['X4'],
    because: 'who registers it is part of what it is; after a crash it runs twice',
    edits: [
      {
        file: 'src/kernel/workflows/compensate.ts',
        text: "'compensate', name, ident)",
        instead: "'compensate', `${name}${process.act.epoch}`, ident)",
      },
    ],
  },
  {
    name: 'compensations in the order of registration',
    breaks: ['X4'],
    because: 'first come, first served',
    edits: [
      {
        file: SHIELD,
        text: "this.#registered.findLast(({ stage }) => stage === 'due')",
        instead: "this.#registered.find(({ stage }) => stage === 'due')",
      },
    ],
  },
  {
    name: 'what succeeded is not compensated',
    breaks: ['X4'],
    because: 'a branch that succeeded needs no clean-up',
    edits: [
      {
        file: SHIELD,
        text: '        compensation.scope = combinator.parent\n',
        instead: "        compensation.stage = 'late'\n",
      },
    ],
  },
  {
    name: 'snapshot with an effect under way',
    breaks: ['A4'],
    because: 'the new segment does not ask for it',
    edits: [
      {
        file: 'src/kernel/processes/ending.ts',
        text: 'if (process.inFlight > 0 || isHeld || hasBegun(process) || process.shield.isBusy(state))',
        instead: 'if (isHeld || process.shield.isBusy(state))',
      },
    ],
  },
  {
    name: 'snapshot drops the children',
    breaks: ['A4', 'C3'],
    because: 'a new segment begins with nothing open',
    edits: [
      {
        file: STATE,
        text: '    for (const child of carried.children) this.children.set(child.pid, { ...child, carried: true })\n',
        instead: '',
      },
    ],
  },
  {
    name: 'snapshot drops the account',
    breaks: ['G1', 'A4'],
    because: 'the birth says what the process has',
    edits: [
      {
        file: STATE,
        text: 'this.account = new Account(carried.account)',
        instead: 'this.account = Account.withCap(carried.account.cap, carried.account.strict)',
      },
    ],
  },
  {
    name: 'message id of its own for every attempt to send',
    breaks: ['M1', 'M2'],
    because: 'ids should be unique',
    edits: [
      {
        file: ENACT,
        text: 'const id = asMessageId(process.effectId(originalKey(key)))',
        instead: 'const id = asMessageId(`${process.effectId(originalKey(key))}@${process.act.epoch}`)',
      },
    ],
  },
  {
    name: 'the newest receive is served first',
    breaks: ['M4'],
    because: 'it is what the workflow asked for last',
    edits: [
      {
        file: MAILBOX,
        text: 'for (const [key, pattern] of this.#receives) {',
        instead: 'for (const [key, pattern] of [...this.#receives].toReversed()) {',
      },
    ],
  },
  {
    name: 'a receive is given the newest message',
    breaks: ['M1', 'M4'],
    because: 'the latest news is what matters',
    edits: [
      {
        file: MAILBOX,
        text: 'for (const message of this.#messages.values()) if (matches(pattern, message)) return message',
        instead:
          'for (const message of [...this.#messages.values()].toReversed()) if (matches(pattern, message)) return message',
      },
    ],
  },
  {
    name: 'a message that does not fit vanishes',
    breaks: ['M3'],
    because: 'nobody can use it',
    edits: [{ file: EVENTS, text: '  process.turn.dead.push({ id: message.id, why })\n', instead: '' }],
  },
  {
    name: 'who calls with what does not fit hears nothing',
    breaks: ['M3', 'M5'],
    because: 'the dead letters say it',
    edits: [
      {
        file: EVENTS,
        text: '  if (message.from === undefined) return\n',
        instead: '  if (message.from !== undefined) return\n',
      },
    ],
  },
  {
    name: 'sleep counted from the waking',
    breaks: ['T6'],
    because: 'a sleep of a day is a day from now',
    edits: [
      {
        file: 'src/kernel/processes/recovery.ts',
        text: "  if (record.waiting?.kind === 'message' && process.open.has(record.key))",
        instead:
          "  const { waiting } = record\n  if (waiting?.kind === 'timer') {\n" +
          '    const sinceBirth = waiting.dueAt - (process.state.born?.at ?? 0)\n' +
          '    process.turn.wait(record.key, { ...waiting, dueAt: process.deps.clock.now() + sinceBirth })\n  }\n' +
          "  if (record.waiting?.kind === 'message' && process.open.has(record.key))",
      },
    ],
  },
  {
    name: 'fork repeats a write that was under way',
    breaks: ['FK1'],
    because: 'what had begun belongs to the past that is shared',
    edits: [
      {
        file: SHARED,
        text: '  if (record?.outcome === undefined) return undefined\n  const isOutcome',
        instead: '  if (record === undefined) return undefined\n  const isOutcome',
      },
    ],
  },
  {
    name: 'fork uses the approvals of its origin',
    breaks: ['FK2'],
    because: 'it was approved',
    edits: [
      {
        file: SHARED,
        text: "(suffix !== undefined && suffix !== 'end') ||",
        instead: "(suffix !== undefined && suffix !== 'end' && suffix !== 'approval') ||",
      },
    ],
  },
  {
    name: 'what runs under a fork may write',
    breaks: ['FK3'],
    because: 'only the fork itself is marked',
    edits: [{ file: ENACT, text: "      ...(writes === 'live' ? {} : { writes }),\n", instead: '' }],
  },
  {
    name: 'fork pays with what its origin spent',
    breaks: ['FK2', 'P8'],
    because: 'its facts are shared as they are',
    edits: [{ file: SHARED, text: '? { ...fact, reserve: {} } : undefined', instead: '? fact : undefined' }],
  },
  {
    name: 'upgrade accepts another prefix',
    breaks: ['U5'],
    because: 'a record with the right key is the right record',
    edits: [
      {
        file: 'src/kernel/upgrade/answering.ts',
        text: "return told.isInTime(record) ? undefined : 'late'",
        instead: "return told === undefined ? 'late' : undefined",
      },
    ],
  },
  {
    name: 'upgrade does a write again that may be done',
    breaks: ['U4'],
    because: 'it is asked for under another key, so it is another',
    edits: [
      {
        file: 'src/kernel/upgrade/ambiguity.ts',
        text: "return candidates.length === 0 ? undefined : { ask, why: 'may be done', candidates }",
        instead: "return candidates.length >= 0 ? undefined : { ask, why: 'may be done', candidates }",
      },
    ],
  },
  {
    name: 'a limit of the old code binds the new',
    breaks: ['U7'],
    because: 'an outcome is an outcome',
    edits: [
      {
        file: 'src/kernel/upgrade/answering.ts',
        text: "  for (const part of [effect, end]) if (isOldLimit(part, lastSeq)) return 'limit'\n",
        instead: '',
      },
    ],
  },
  {
    name: 'other code taken without a word',
    breaks: ['U1'],
    because: 'the newest code is the best',
    edits: [
      {
        file: 'src/kernel/upgrade/adopt.ts',
        text: "newest.definition.onUpgrade === 'adopt' && (newest.isRegistered || exact === undefined)",
        instead: '(newest.isRegistered || exact === undefined)',
      },
    ],
  },
]
