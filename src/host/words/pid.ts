/** Pids as people read them. */
const DERIVED = /^(.*-[0-9a-f]{8})[0-9a-f]{16}$/

/** A derived pid without the digits nobody needs: `writer-3fa9c1b2`. Verbs take it, as the beginning of only one pid. */
export function shortPid(pid: string): string {
  return DERIVED.exec(pid)?.[1] ?? pid
}
