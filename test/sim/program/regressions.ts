/** Seeds that once failed: played in every run, whatever else is drawn. */
export const REGRESSIONS: readonly { readonly seed: number; readonly broke: string }[] = [
  { seed: 12, broke: 'money was sent to a child that had ended' },
  { seed: 25, broke: 'a failed repeat settled a write that an earlier attempt had done' },
  { seed: 46, broke: 'a write begun before its process was cancelled was settled as cancelled after a crash' },
  { seed: 58, broke: 'a wait answered in the turn that recorded it stayed in the index and woke its process for ever' },
  { seed: 59, broke: 'a wait for an operator, recorded in recovery, was no row: nobody could find it' },
  { seed: 175, broke: 'a dead attempt that waited for money counted as under way, so a cancelled process never ended' },
  { seed: 234, broke: "money from outside that a child was given was charged to its parent's cap" },
  { seed: 1001, broke: 'a closed scope waited for money on behalf of a cancelled child' },
  { seed: 2474, broke: 'a write that was given up was asked for again by a replay' },
  { seed: 3696, broke: 'a body that had ended was told an outcome in replay that it had not been told live' },
  { seed: 10535, broke: 'a call left waiting for money when its body returned was begun after a restart' },
  { seed: 13391, broke: 'a read of a cancelled process whose body had returned was repeated after a crash' },
  { seed: 309832403, broke: 'a write in doubt was begun again by a wait for money left over from an earlier attempt' },
  { seed: 245404947, broke: 'a write that lingered in a cancelled process was put back for a later attempt' },
  { seed: 100081957, broke: 'a replay asked again for what a body that had ended no longer wanted' },
  { seed: 597962515, broke: 'a body ended while a combinator was open, and a replay went on with its branches' },
]
