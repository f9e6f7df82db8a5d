/** What an owner holds of the outside world, released together, the latest first. */
export class Holdings implements AsyncDisposable {
  readonly #releases: (() => void | Promise<void>)[] = []

  add(release: () => void | Promise<void>): void {
    this.#releases.push(release)
  }

  /** Releases everything, also when one of them fails; the first failure is thrown at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
