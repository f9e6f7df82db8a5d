/** The objects of one installation, as they are called from outside. */
import type { SealedFrame } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import type { RestateServer } from './server.ts'
import { SETTINGS_KEY } from './wire.ts'
import type {
  EraseAnswer,
  FramePage,
  MailboxLoad,
  MailboxView,
  MailItem,
  MailPage,
  ServiceNames,
  SettingsChange,
  Standing,
  TokenSettlement,
} from './wire.ts'
import type { SettleResult } from '../port.ts'
import type { Settings } from '../settings-cache.ts'

/** Calls to the objects of one installation. */
export class ObjectClient {
  readonly #server: RestateServer
  readonly #names: ServiceNames

  constructor(server: RestateServer, names: ServiceNames) {
    this.#server = server
    this.#names = names
  }

  /** A handler of a mailbox that changes it. */
  mailbox<A>(pid: Pid, handler: string, parameter: unknown): Promise<A> {
    return this.#server.call<A>({ service: this.#names.mailbox, key: pid, handler }, parameter)
  }

  view(pid: Pid): Promise<MailboxView | null> {
    return this.#server.read({ service: this.#names.mailbox, key: pid, handler: 'view' })
  }

  /** Where it stands in its tree. */
  async place(pid: Pid): Promise<MailboxView['row'] | undefined> {
    return (await this.view(pid))?.row
  }

  load(pid: Pid): Promise<MailboxLoad | null> {
    return this.#server.read({ service: this.#names.mailbox, key: pid, handler: 'load' })
  }

  peek(pid: Pid, after: number): Promise<MailPage> {
    return this.#server.read({ service: this.#names.mailbox, key: pid, handler: 'peek' }, { after })
  }

  /** Everything that lies in a mailbox, oldest first, a page at a time. */
  async *mail(pid: Pid): AsyncGenerator<MailItem> {
    for (let after = 0; ;) {
      const { items, lastSeq, isWhole } = await this.peek(pid, after)
      yield* items
      if (isWhole) return
      after = items.at(-1)?.seq ?? lastSeq
    }
  }

  /** What a process that is active stands at, as far as the server has taken its handler's steps. */
  standing(pid: Pid): Promise<Standing> {
    return this.#server.read({ service: this.#names.process, key: pid, handler: 'standing' })
  }

  /** All frames from number `n` on, a page at a time. */
  async *frames(pid: Pid, n: number): AsyncGenerator<SealedFrame> {
    for (let from: number | undefined = n; from !== undefined;) {
      const page: FramePage = await this.#server.read(
        { service: this.#names.process, key: pid, handler: 'frames' },
        { from },
      )
      yield* page.frames
      from = page.next
    }
  }

  eraseJournal(pid: Pid, about: unknown): Promise<number | Exclude<EraseAnswer, 'erased'>> {
    return this.#server.call({ service: this.#names.process, key: pid, handler: 'erase' }, about)
  }

  settle(token: string, about: TokenSettlement): Promise<SettleResult> {
    return this.#server.call({ service: this.#names.token, key: token, handler: 'settle' }, about)
  }

  settings(): Promise<Settings> {
    return this.#server.read({ service: this.#names.settings, key: SETTINGS_KEY, handler: 'read' })
  }

  changeSettings(change: SettingsChange): Promise<boolean> {
    return this.#server.call({ service: this.#names.settings, key: SETTINGS_KEY, handler: 'change' }, change)
  }
}
