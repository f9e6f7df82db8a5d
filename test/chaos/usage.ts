/** What a campaign says of its options: to whoever asks, and to whoever made a mistake. */

/** Says how it is called: because somebody asked, or because of a mistake. */
export type Usage = { readonly usage: string; readonly exitCode: 0 | 2 }

/** What `read` makes of the words behind a program's name; what it throws is said above its usage. */
export function orUsage<Options>(usage: string, read: () => Options | Usage): Options | Usage {
  try {
    return read()
  } catch (thrown) {
    return { usage: `${(thrown as Error).message}\n\n${usage}`, exitCode: 2 }
  }
}
