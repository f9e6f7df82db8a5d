/**
 * Live progress: a block that is redrawn in place on a terminal, lines where there is none.
 *
 * 1. News scroll by above the block and stay.
 * 2. Without a terminal, a line says where the run stands every few seconds, and only if something has changed.
 */
import type { Skein } from 'skein'
import { LINE_MS, REDRAW_MS } from '../limits.ts'
import { headline, picture } from './picture.ts'
import type { Scene } from './scene.ts'

/** Where progress is written. */
export type Output = {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly size: () => { readonly columns: number; readonly rows: number }
}

type About = { readonly id: string; readonly budgetMs: number; readonly workers: number }

export class Live implements Disposable {
  readonly #scene: Scene
  readonly #about: About
  readonly #out: Output
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  #standing = 0
  #last = ''
  #lastLineAt = performance.now()
  #paused = false

  constructor(skein: Skein, scene: Scene, about: About, out: Output) {
    this.#scene = scene
    this.#about = about
    this.#out = out
    this.#timer = setInterval(() => this.draw(), REDRAW_MS)
    void this.#follow(skein)
  }

  /** While somebody is asked, nothing is drawn over the question. */
  pause(paused: boolean): void {
    this.#clear()
    this.#paused = paused
  }

  draw(): void {
    if (this.#paused) return
    const news = this.#scene
      .takeNews()
      .map((line) => `  ${line}\n`)
      .join('')
    if (this.#out.isTerminal) this.#redraw(news)
    else this.#line(news)
  }

  /** Draws what is left to say, and takes the block away. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#stop.abort()
    this.#clear()
    this.#out.write(
      this.#scene
        .takeNews()
        .map((line) => `  ${line}\n`)
        .join(''),
    )
  }

  async #follow(skein: Skein): Promise<void> {
    try {
      for await (const { pid, frame } of skein.watch({ root: this.#about.id as never }, this.#stop.signal)) {
        if (frame !== undefined) this.#scene.apply(pid, frame.facts)
      }
    } catch {
      // The run is what counts; who watches it may come and go.
    }
  }

  #redraw(news: string): void {
    const lines = picture(this.#scene, { ...this.#about, ...this.#out.size(), nowMs: Date.now() })
    const text = lines.map((line) => `${line}\n`).join('')
    if (text === this.#last && news === '') return
    this.#clear()
    this.#out.write(news + text)
    this.#standing = lines.length
    this.#last = text
  }

  #line(news: string): void {
    const now = performance.now()
    const line = headline(this.#scene, this.#about)
    const due = now - this.#lastLineAt >= LINE_MS && line !== this.#last
    if (due) [this.#last, this.#lastLineAt] = [line, now]
    this.#out.write(news + (due ? `${line}\n` : ''))
  }

  #clear(): void {
    if (this.#out.isTerminal && this.#standing > 0) this.#out.write(`\u001b[${this.#standing}A\r\u001b[0J`)
    this.#standing = 0
    this.#last = this.#out.isTerminal ? '' : this.#last
  }
}
