/** Amounts in words. */

/** `48 ms`, `1.4 s`, `86 s`, `4 min 10 s`. */
export function seconds(ms: number): string {
  if (ms > 0 && ms < 95) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** `1 trial`, `2 trials`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`
}
