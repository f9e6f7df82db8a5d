/** Times of facts as people read them: local, to the millisecond. */
const pad = (n: number, digits = 2): string => String(n).padStart(digits, '0')

/** `2026-11-20 14:02:11.120`. */
export function openTime(at: number): string {
  const time = new Date(at)
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`
  return `${day} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}.${pad(time.getMilliseconds(), 3)}`
}
