/** Mistakes in effects, keys and the gate: what is done again, under which key, and who has said yes. */
import type { PlantedBug } from '../planted-bug.ts'

const RECOVERY = 'src/kernel/processes/recovery.ts'
const SETTLE = 'src/kernel/processes/settle.ts'
const GATE = 'src/kernel/gate/gate.ts'
const JUDGE = 'src/kernel/effects/judgement.ts'
const KEY = 'src/kernel/keys/key.ts'
const ENACT = 'src/kernel/processes/enact.ts'
const APPROVAL = 'src/kernel/gate/stages/approval.ts'

export const EFFECT_BUGS: readonly PlantedBug[] = [
  {
    name: 'begun write repeated in silence',
    breaks: ['E4', 'E6'],
    because: 'it was not settled, so it did not happen',
    edits: [
      {
        file: RECOVERY,
        text: "const repeatable = ask.class !== 'write' || (wanted && ask.idempotent && !expired && !isWorn)",
        instead: "const repeatable = ask.class !== 'write' || (wanted && !expired && !isWorn)",
      },
    ],
  },
  {
    name: 'a repeat has the number of the first attempt',
    breaks: ['E4'],
    because: 'it is the same effect',
    edits: [
      {
        file: GATE,
        text: 'const attempt = (record?.attempt ?? 0) + 1',
        instead: 'const attempt = Math.max(record?.attempt ?? 0, 1)',
      },
    ],
  },
  {
    name: 'retry under a new key',
    breaks: ['E4', 'K5'],
    because: 'every request should have an id of its own',
    edits: [
      {
        file: ENACT,
        text: '    id: process.effectId(ask.key),\n    attempt,',
        instead: '    id: `${process.effectId(ask.key)}+${attempt}` as EffectId,\n    attempt,',
      },
    ],
  },
  {
    name: 'the segment is not in the key',
    breaks: ['K5'],
    because: 'pid and key look unique enough',
    edits: [
      {
        file: KEY,
        text: '`${about.pid}/${about.incarnation}/${about.segment}/${key}`',
        instead: '`${about.pid}/${about.incarnation}/0/${key}`',
      },
    ],
  },
  {
    name: 'occurrence counted across scopes',
    breaks: ['K1', 'S1'],
    because: 'one counter per call is simpler than one per scope',
    edits: [
      {
        file: KEY,
        text: '    const n = this.#counts.get(prefix) ?? 0\n    this.#counts.set(prefix, n + 1)',
        instead:
          '    const call = `${kind}:${name}:${ident}`\n    const n = this.#counts.get(call) ?? 0\n    this.#counts.set(call, n + 1)',
      },
    ],
  },
  {
    name: 'the name is not in the key',
    breaks: ['K1'],
    because: 'the hash of the arguments tells calls apart',
    edits: [
      {
        file: KEY,
        text: '    const prefix = `${scope}${kind}:${name}:${ident}`\n    const n =',
        instead: '    const prefix = `${scope}${kind}::${ident}`\n    const n =',
      },
    ],
  },
  {
    name: 'the far side not knowing taken for absent',
    breaks: ['E6'],
    because: 'it did not say that it was done',
    edits: [
      {
        file: SETTLE,
        text: "if (settled.reconciled === 'unknown') return putBeforeSomeone(process, ask, record, whyOf(settled))",
        instead: "if (settled.reconciled === 'unknown') return settleAbsent(process, ask, record)",
      },
    ],
  },
  {
    name: 'what reconcile found is not recorded as found',
    breaks: ['E6'],
    because: 'a value is a value',
    edits: [
      {
        file: 'src/kernel/effects/attempt.ts',
        text: "return options.act === 'reconcile' ? { ...settled, note: FOUND_DONE } : settled",
        instead: 'return settled',
      },
    ],
  },
  {
    name: 'absent believed at once',
    breaks: ['E8'],
    because: 'the far side should know',
    edits: [
      {
        file: SETTLE,
        text: 'if (!ownerIsDead && grace?.outcome === undefined) {',
        instead: 'if (ask.key === graceKey) {',
      },
    ],
  },
  {
    name: 'an attempt of this owner counts as a dead one',
    breaks: ['E8'],
    because: 'on one machine the owner before is always dead',
    edits: [
      {
        file: SETTLE,
        text: "process.act.ownerDeath === 'known' && record.owner !== process.act.owner",
        instead: "process.act.ownerDeath === 'known'",
      },
    ],
  },
  {
    name: 'the time-out of a write is an error',
    breaks: ['E6'],
    because: 'a time-out is an error everywhere else',
    edits: [
      {
        file: JUDGE,
        text: "about.class === 'write' && (timedOut || leavesOpen(thrown))",
        instead: "about.class === 'write' && !timedOut && leavesOpen(thrown)",
      },
    ],
  },
  {
    name: 'a 5xx of a write is an error',
    breaks: ['E6'],
    because: 'the server has answered',
    edits: [{ file: JUDGE, text: 'http >= 500 || http === 408', instead: 'http === 408' }],
  },
  {
    name: 'a cut connection of a write is an error',
    breaks: ['E6'],
    because: 'the request failed',
    edits: [{ file: JUDGE, text: "  'ECONNRESET',\n", instead: '' }],
  },
  {
    name: 'the same again while the first is unknown',
    breaks: ['E7'],
    because: 'its occurrence is another, and so is its key',
    edits: [
      {
        file: 'src/kernel/gate/stages/unknown-first.ts',
        text: "if (ask.again || record !== undefined || ask.class !== 'write') return PASS",
        instead: "if (ask.again || record === undefined || ask.class !== 'write') return PASS",
      },
    ],
  },
  {
    name: 'a failed repeat hides an attempt that may have been done',
    breaks: ['E4', 'E6'],
    because: 'the last attempt says how it ended',
    edits: [
      {
        file: SETTLE,
        text: "if (record.inDoubt && ask.idempotent && settled.outcome.type === 'error')",
        instead: "if (record.inDoubt && !ask.idempotent && settled.outcome.type === 'error')",
      },
    ],
  },
  {
    name: 'a key is repeated after the far side forgot it',
    breaks: ['E4'],
    because: 'idempotent is idempotent',
    edits: [
      {
        file: RECOVERY,
        text: '(wanted && ask.idempotent && !expired && !isWorn)',
        instead: '(wanted && ask.idempotent && !isWorn)',
      },
      {
        file: 'src/kernel/gate/stages/key-age.ts',
        text: 'process.deps.clock.now() - record.firstBegunAt <= ask.keyTtlMs) return PASS',
        instead: 'process.deps.clock.now() >= record.firstBegunAt) return PASS',
      },
    ],
  },
  {
    name: 'the schema is asked again at every attempt',
    breaks: ['K2'],
    because: 'parsing is cheap, and the record smaller without',
    edits: [
      {
        file: GATE,
        text: 'attempt === 1 ? argsOf(ask, parsed) : NO_ARGS',
        instead: 'argsOf(ask, parsed)',
      },
    ],
  },
  {
    name: 'approval bound to nothing',
    breaks: ['E1'],
    because: 'the key of the effect is what was approved',
    edits: [
      {
        file: APPROVAL,
        text: 'known?.approvalOf?.argsHash === ask.argsHash && known.approvalOf.toolVersion === toolVersion',
        instead: 'known?.approvalOf !== undefined',
      },
    ],
  },
  {
    name: 'approval not bound to the version of its tool',
    breaks: ['E1'],
    because: 'the arguments are what was approved',
    edits: [
      {
        file: APPROVAL,
        text: 'known?.approvalOf?.argsHash === ask.argsHash && known.approvalOf.toolVersion === toolVersion',
        instead: 'known?.approvalOf?.argsHash === ask.argsHash',
      },
    ],
  },
  {
    name: 'a denied approval passes',
    breaks: ['E1'],
    because: 'it was answered',
    edits: [
      {
        file: APPROVAL,
        text: "if (outcome?.type !== 'error') return PASS",
        instead: "if (outcome?.type !== 'cancelled') return PASS",
      },
    ],
  },
  {
    name: 'gate asked again at every activation',
    breaks: ['E1'],
    because: 'a wait that is still open can as well be written anew',
    edits: [
      {
        file: APPROVAL,
        text: "return known.outcome === undefined ? { type: 'wait', facts: [] } : PASS",
        instead: 'if (known.outcome !== undefined) return PASS',
      },
    ],
  },
  {
    name: 'live value is not the replayed value',
    breaks: ['D2'],
    because: 'why decode what is at hand',
    edits: [
      {
        file: 'src/kernel/effects/recorded-value.ts',
        text: "return { outcome: { type: 'ok', value: payloadOf(value) } }",
        instead: "return { outcome: { type: 'ok', value: Object.assign(payloadOf(value), { live: value }) } }",
      },
      {
        file: 'src/kernel/journal/outcome.ts',
        text: '  return decode(payload.text)\n',
        instead: "  return 'live' in payload ? payload.live : decode(payload.text)\n",
      },
    ],
  },
  {
    name: 'quarantine of a restored folder ignored',
    breaks: ['E6'],
    because: 'what the journal does not know has not been done',
    edits: [
      {
        file: 'src/kernel/gate/stages/quarantine.ts',
        text: "if (quarantine === undefined || ask.class !== 'write' ||",
        instead: "if (quarantine !== undefined || ask.class !== 'write' ||",
      },
    ],
  },
]
