/**
 * A conversation as it is lent to an author's code, which may do with it what it likes: what it changes must not be what the
 * next model call shows, outside the journal. Most code never looks, so the copy is made at the first look.
 */

/** Gives a copy of its own, always the same, of what the conversation was when it was lent. */
export function lentMessages(messages: readonly unknown[]): () => readonly unknown[] {
  const { length } = messages
  let copy: readonly unknown[] | undefined
  return () => (copy ??= structuredClone(messages.slice(0, length)))
}
