/** The brief as people read it. Pure. */
import type { Checked } from './check.ts'
import type { Wrong } from './citations.ts'

/** All that a brief is made of. */
export type Brief = {
  readonly question: string
  readonly model: string
  readonly sentences: readonly string[]
  readonly checked: readonly Checked[]
  /** Citations that were wrong to the end. */
  readonly dropped: readonly Wrong[]
  /** Sentences of the answer that cited nothing, to the end. */
  readonly uncited: readonly string[]
  /** Citations and sentences that went back to the model. */
  readonly sentBack: number
  /** What could not be done, in words. */
  readonly troubles: readonly string[]
}

const HASH_SHOWN = 12

/** The whole brief. */
export function markdown(brief: Brief): string {
  const { question, sentences, checked } = brief
  const answer =
    checked.length === 0
      ? 'Nothing that answers this was found in the documents, or nothing whose citation held.'
      : sentences.length === 0
        ? 'No answer came of it that cites its statements; these are the statements.'
        : sentences.join(' ')
  return [`# ${question}`, '', answer, '', ...sources(checked), ...left(brief), ...notes(brief), ''].join('\n')
}

function sources(checked: readonly Checked[]): readonly string[] {
  if (checked.length === 0) return []
  const entries = checked.flatMap(({ claim, hash }, i) => [
    `${i + 1}. ${claim.text}`,
    '',
    `   > ${claim.quote.replaceAll(/\s+/g, ' ').trim()}`,
    '',
    `   \`${claim.path}:${linesOf(claim)}\`, in the file with the hash ${hash.slice(0, HASH_SHOWN)}`,
    '',
  ])
  return ['## Citations', '', ...entries]
}

function linesOf({ fromLine, toLine }: Checked['claim']): string {
  return toLine === fromLine ? `${fromLine}` : `${fromLine}-${toLine}`
}

function left({ dropped, uncited }: Brief): readonly string[] {
  const lines = [
    ...dropped.map(({ claim, why }) => `- ${claim.text} (\`${claim.path}:${claim.fromLine}\`: ${why})`),
    ...uncited.map((sentence) => `- ${sentence} (cites no statement)`),
  ]
  return lines.length === 0
    ? []
    : ['## Left out', '', 'Written by the model, and not in the documents as it said:', '', ...lines, '']
}

function notes({ model, checked, dropped, sentBack, troubles }: Brief): readonly string[] {
  const standIn =
    model === 'offline' ? ', a stand-in that understands nothing: it only picks pieces of what it is shown' : ''
  return [
    '## How this was made',
    '',
    `- Answered by \`${model}\`${standIn}.`,
    `- ${checked.length} citations were read again, and each quote stands in its lines.`,
    `- ${sentBack} times something went back to the model; ${dropped.length} citations were dropped.`,
    '- That a quote is there is checked. That a statement follows from its quote is the word of the model.',
    ...troubles.map((trouble) => `- ${trouble}`),
  ]
}
