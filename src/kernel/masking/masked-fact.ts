/** One fact with its values masked, and under the keys that code makes of masked values. */
import { asScopePath, unreachable } from '../../std/index.ts'
import type { EffectKey, MessageId, OwnerId, ScopePath } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import type { Fact, FactOf, MessagePattern, WaitOn } from '../journal/facts.ts'
import { payloadOf, valueOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import type { Carried } from '../processes/carried.ts'
import { closeKey } from '../scopes/scope.ts'
import type { Masker } from './masker.ts'
import { ownerOf } from './move-records.ts'

/** The keys of the masked journal. */
export type Rekeying = {
  readonly masker: Masker
  /** Throws for a key that no call has made. */
  readonly key: (key: EffectKey) => EffectKey
  /** What the code asks for under a masked key. */
  readonly asks: ReadonlyMap<EffectKey, Ask>
}

/** The fact that is written. Forks are not masked: their first fact tells of another journal. */
export function maskedFact(fact: Fact, by: Rekeying): Fact {
  const { masker } = by
  switch (fact.type) {
    case 'born':
      return maskedBirth(fact, by)
    case 'intended':
      return maskedIntent(fact, by)
    case 'shown':
      return { ...fact, hash: masker.hash(fact.hash), text: masker.payload(fact.text) }
    case 'begun':
      return { ...fact, key: by.key(fact.key), owner: masker.text(fact.owner) as OwnerId }
    case 'settled': {
      const note = fact.note === undefined ? {} : { note: masker.text(fact.note) }
      return { ...fact, key: by.key(fact.key), outcome: masker.outcome(fact.outcome), ...note }
    }
    case 'unknown':
      return { ...fact, key: by.key(fact.key), why: masker.text(fact.why) }
    case 'resolved': {
      const outcome = fact.outcome === undefined ? {} : { outcome: masker.outcome(fact.outcome) }
      return { ...fact, key: by.key(fact.key), by: masker.text(fact.by), ...outcome }
    }
    case 'waiting':
      return maskedWait(fact, by)
    case 'answered': {
      const messageId = fact.messageId === undefined ? {} : { messageId: masker.text(fact.messageId) as MessageId }
      return { ...fact, key: by.key(fact.key), outcome: masker.outcome(fact.outcome), ...messageId, ...actor(fact, by) }
    }
    case 'closed': {
      const key = fact.key === undefined ? {} : { key: by.key(fact.key) }
      const reason = fact.reason === undefined ? {} : { reason: masker.text(fact.reason) }
      return { ...fact, scope: scopeOf(fact.scope, by), ...key, ...reason }
    }
    case 'dropped':
      return { ...fact, key: by.key(fact.key), keys: fact.keys.map(by.key), going: fact.going.map(by.key) }
    case 'sent':
      return maskedSend(fact, by)
    case 'account': {
      const key = fact.key === undefined ? {} : { key: by.key(fact.key) }
      const other = fact.other === undefined ? {} : { other: masker.pid(fact.other) }
      return { ...fact, ...key, ...other, ...actor(fact, by) }
    }
    case 'snapshot':
      return { ...fact, state: masker.payload(fact.state), carried: maskedCarried(fact.carried, masker) }
    case 'adopted':
      return maskedAdoption(fact, by)
    case 'ended': {
      const warning = fact.warning === undefined ? {} : { warning: masker.text(fact.warning) }
      return { ...fact, result: masker.outcome(fact.result), ...warning }
    }
    case 'reopened': {
      const dropped = fact.dropped === undefined ? {} : { dropped: fact.dropped.map(by.key) }
      return { ...fact, keys: fact.keys.map(by.key), ...actor(fact, by), ...dropped }
    }
    case 'erased':
      return { ...fact, ...actor(fact, by), ...(fact.key === undefined ? {} : { key: by.key(fact.key) }) }
    default:
      return unreachable(fact, 'fact')
  }
}

/** Names of people. */
function actor<By extends string | undefined>({ by }: { readonly by?: By }, { masker }: Rekeying): { by: By } {
  return (by === undefined ? {} : { by: masker.text(by) }) as { by: By }
}

function scopeOf(scope: ScopePath, by: Rekeying): ScopePath {
  return scope === '' ? scope : asScopePath(by.key(closeKey(scope)).slice(0, -':close'.length))
}

function maskedBirth(fact: FactOf<'born'>, { masker }: Rekeying): Fact {
  const { parent, tenant } = fact
  return {
    ...fact,
    input: masker.payload(fact.input),
    ...(parent === undefined
      ? {}
      : { parent: { pid: masker.pid(parent.pid), key: masker.hash(parent.key) as EffectKey } }),
    ...(tenant === undefined ? {} : { tenant: masker.text(tenant) }),
  }
}

function maskedIntent(fact: FactOf<'intended'>, by: Rekeying): Fact {
  const { masker } = by
  const key = by.key(fact.key)
  const ask = by.asks.get(key)
  const { args, prompt, tools, verdict } = fact
  return {
    ...fact,
    key,
    name: ask?.op === 'effect' ? ask.name : masker.text(fact.name),
    argsHash: masker.hash(fact.argsHash),
    verdict: verdict.approvedBy === undefined ? verdict : { approvedBy: masker.text(verdict.approvedBy) },
    ...(args === undefined ? {} : { args: masker.payload(args) }),
    ...(prompt === undefined ? {} : { prompt: masker.hash(prompt) }),
    ...(tools === undefined ? {} : { tools: masker.hash(tools) }),
  }
}

function maskedSend(fact: FactOf<'sent'>, by: Rekeying): Fact {
  const { masker } = by
  const key = by.key(fact.key)
  const ask = by.asks.get(key)
  const { name, body } = fact
  return {
    ...fact,
    key,
    id: masker.text(fact.id) as MessageId,
    to: ask?.op === 'send' ? ask.to : masker.pid(fact.to),
    ...(name === undefined ? {} : { name: ask?.op === 'start' ? ask.name : masker.text(name) }),
    ...(body === undefined ? {} : { body: masker.payload(body) }),
  }
}

function maskedCarried(payload: Payload, masker: Masker): Payload {
  if (payload.erased === true) return payload
  const carried = valueOf(payload) as Carried
  const children = carried.children.map((child) => ({
    ...child,
    key: masker.hash(child.key) as EffectKey,
    pid: masker.pid(child.pid),
  }))
  const shown = carried.shown === undefined ? {} : { shown: carried.shown.map((hash) => masker.hash(hash)) }
  return payloadOf({ ...carried, children, ...shown })
}

function maskedAdoption(fact: FactOf<'adopted'>, by: Rekeying): Fact {
  const { orphans, undrawn, gone, fresh, reused, failed, open, ahead } = fact
  return {
    ...fact,
    ...actor(fact, by),
    orphans: orphans.map(by.key),
    ...(undrawn === undefined ? {} : { undrawn: undrawn.map(by.key) }),
    ...(gone === undefined ? {} : { gone: gone.map(by.key) }),
    ...(fresh === undefined ? {} : { fresh: fresh.map(by.key) }),
    ...(failed === undefined ? {} : { failed: failed.map(by.key) }),
    ...(reused === undefined
      ? {}
      : { reused: reused.map(({ key, from }) => ({ key: by.key(key), from: by.key(from) })) }),
    ...(open === undefined ? {} : { open: open.map((scope) => scopeOf(scope, by)) }),
    ...(ahead === undefined ? {} : { ahead: ahead.map((scope) => scopeOf(scope, by)) }),
  }
}

function maskedWait(fact: FactOf<'waiting'>, by: Rekeying): Fact {
  const key = by.key(fact.key)
  return { ...fact, key, on: waitOn(fact.on, by, by.asks.get(ownerOf(key))) }
}

function waitOn(on: WaitOn, { masker, key }: Rekeying, ask: Ask | undefined): WaitOn {
  const show = 'show' in on && on.show !== undefined ? { show: masker.payload(on.show) } : {}
  switch (on.kind) {
    case 'timer':
    case 'budget':
    case 'grace':
      return on
    case 'message':
      return { ...on, pattern: maskedPattern(on.pattern, masker) }
    case 'child':
      return { ...on, pid: masker.pid(on.pid) }
    case 'approval':
      return { ...on, title: masker.text(on.title), argsHash: masker.hash(on.argsHash), ...show }
    case 'answer':
      return { ...on, ...(on.title === undefined ? {} : { title: masker.text(on.title) }), ...show }
    case 'promise':
      return { ...on, name: ask?.op === 'promise' ? ask.name : masker.text(on.name) }
    case 'operator':
      return { ...on, question: masker.text(on.question) }
    case 'pending': {
      const refused = on.refused === undefined ? {} : { refused: masker.payload(on.refused) }
      return { ...on, token: masker.text(on.token), ...refused }
    }
    case 'upgrade': {
      const verdicts = on.verdicts.map((said) => ({
        ...said,
        key: key(said.key),
        ...(said.from === undefined ? {} : { from: key(said.from) }),
      }))
      return { ...on, verdicts, by: masker.text(on.by) }
    }
    case 'switch': {
      const [what = '', ...of] = on.target.split(':')
      const reason = on.reason === undefined ? {} : { reason: masker.text(on.reason) }
      return { ...on, target: `${what}:${masker.text(of.join(':'))}`, by: masker.text(on.by), ...reason }
    }
    default:
      return unreachable(on, 'wait')
  }
}

function maskedPattern(pattern: MessagePattern, masker: Masker): MessagePattern {
  return Object.fromEntries(
    Object.entries(pattern).map(([name, value]) => [
      name,
      typeof value === 'string' ? masker.text(value) : value.map((text) => masker.text(text)),
    ]),
  )
}
