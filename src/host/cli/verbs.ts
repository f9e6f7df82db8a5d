/** The verbs, in the order in which help lists them. What a verb needs is loaded when it is typed: `skein --help` reads none of it. */
import type { ListedVerb } from './verb.ts'

/** Every verb of the command line. */
export const VERBS: readonly ListedVerb[] = [
  {
    name: 'run',
    summary: 'run a definition to its end, with live progress; the same id resumes',
    load: async () => (await import('./verbs/run.ts')).run,
  },
  {
    name: 'up',
    summary: 'run what a data folder or an engine has for these files, until ^C',
    load: async () => (await import('./verbs/up.ts')).up,
  },
  {
    name: 'worker',
    summary: 'the same on an engine that takes many workers',
    load: async () => (await import('./verbs/worker.ts')).worker,
  },
  {
    name: 'ps',
    summary: 'list processes: what runs, waits or is parked',
    load: async () => (await import('./verbs/ps.ts')).ps,
  },
  {
    name: 'stuck',
    summary: 'list what cannot go on by itself, with the cause and the mend; exit code 1 if anything is',
    load: async () => (await import('./verbs/stuck.ts')).stuck,
  },
  {
    name: 'free',
    summary: 'let a process go on that its Restate server keeps and does not go on with',
    load: async () => (await import('./verbs/free.ts')).free,
  },
  {
    name: 'tree',
    summary: 'show runs as trees of processes: state, effects, spend, elapsed',
    load: async () => (await import('./verbs/tree.ts')).tree,
  },
  {
    name: 'log',
    summary: 'show the journal of a process, fact by fact, or what it says live',
    load: async () => (await import('./verbs/log.ts')).log,
  },
  {
    name: 'show',
    summary: 'show one process (input, result, account, waits, effects), or one effect of it',
    load: async () => (await import('./verbs/show.ts')).show,
  },
  {
    name: 'inbox',
    summary: 'show everything that waits for a person, with the commands that answer it',
    load: async () => (await import('./verbs/inbox.ts')).inbox,
  },
  {
    name: 'approve',
    summary: 'allow an effect that waits for approval',
    load: async () => (await import('./verbs/approve.ts')).approve,
  },
  {
    name: 'deny',
    summary: 'refuse an effect that waits for approval',
    load: async () => (await import('./verbs/deny.ts')).deny,
  },
  {
    name: 'answer',
    summary: 'answer a question of a process (ctx.ask), or fulfil a promise',
    load: async () => (await import('./verbs/answer.ts')).answer,
  },
  {
    name: 'send',
    summary: 'put a message into the mailbox of a process; an agent hears it as the words of its user',
    load: async () => (await import('./verbs/send.ts')).send,
  },
  {
    name: 'cancel',
    summary: 'cancel a process and all below it; nothing new is begun, begun writes are waited for',
    load: async () => (await import('./verbs/cancel.ts')).cancel,
  },
  {
    name: 'pause',
    summary:
      'switch off an agent, a workflow, a tool, a tenant or one process: nothing new is begun until skein resume',
    load: async () => (await import('./verbs/pause.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'switch on again what skein pause has switched off; everything that waited for it goes on',
    load: async () => (await import('./verbs/resume.ts')).resume,
  },
  {
    name: 'switches',
    summary: 'list what is switched off, since when, by whom and why',
    load: async () => (await import('./verbs/switches.ts')).switches,
  },
  {
    name: 'retry',
    summary: 'go on with a failed run from what it failed by; look again at a parked one',
    load: async () => (await import('./verbs/retry.ts')).retry,
  },
  {
    name: 'fork',
    summary: 'start a run that begins with what another one knew at some point, and run it to its end',
    load: async () => (await import('./verbs/fork.ts')).fork,
  },
  {
    name: 'diff',
    summary: 'compare two runs effect by effect, children included',
    load: async () => (await import('./verbs/diff.ts')).diff,
  },
  {
    name: 'resolve',
    summary: 'say what became of an effect whose outcome is unknown',
    load: async () => (await import('./verbs/resolve.ts')).resolve,
  },
  {
    name: 'settle',
    summary: 'bring the answer of a pending effect',
    load: async () => (await import('./verbs/settle.ts')).settle,
  },
  {
    name: 'topup',
    summary: 'raise the budget of a process; what waits for money goes on',
    load: async () => (await import('./verbs/topup.ts')).topup,
  },
  {
    name: 'verify',
    summary: 'check the chain of every journal and the accounts of every process',
    load: async () => (await import('./verbs/verify.ts')).verify,
  },
  {
    name: 'backup',
    summary: 'copy the data folder as it is at this moment, also while a server runs on it',
    load: async () => (await import('./verbs/backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'make a data folder of a backup; writes that may have been done since wait for you',
    load: async () => (await import('./verbs/restore.ts')).restore,
  },
  {
    name: 'release',
    summary: 'end the quarantine of a restored data folder: every write that waits for it is done',
    load: async () => (await import('./verbs/release.ts')).release,
  },
  {
    name: 'move',
    summary: 'move runs that rest from one engine to another, with their journals, mail and waits',
    load: async () => (await import('./verbs/move.ts')).move,
  },
  {
    name: 'erase',
    summary: 'erase what a run that has ended was given, did and gave; its journal still verifies',
    load: async () => (await import('./verbs/erase.ts')).erase,
  },
  {
    name: 'upgrade',
    summary: 'move a run to the code that its file has now, after trying it against what was done',
    load: async () => (await import('./verbs/upgrade.ts')).upgrade,
  },
  {
    name: 'check',
    summary: 'replay exported journals against the code as it is now, before a deploy',
    load: async () => (await import('./verbs/check.ts')).check,
  },
  {
    name: 'export',
    summary: 'write the journals of runs that have not ended to a file, for skein check',
    load: async () => (await import('./verbs/export.ts')).exportJournals,
  },
]
