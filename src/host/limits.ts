/** Limits of the host room. */
/** A user's file that takes longer to load is reported; top-level work does not belong in a definition. */
export const LOAD_MS_MAX = 30_000
/** Redraws of live progress per second, at most. */
export const REDRAW_MS = 125
/** Rows of live progress, at most; fewer on a small terminal. */
export const PROGRESS_ROWS_MAX = 24
/** Plain progress lines per second, at most; the rest is counted and said. */
export const PLAIN_LINES_PER_SECOND_MAX = 20
/** Characters of a value shown in a line. */
export const VALUE_SHOWN_MAX = 60
/** Input read from a file or an argument. */
export const INPUT_BYTES_MAX = 16 * 1024 * 1024
/** Processes of one run that live progress follows. */
export const FOLLOWED_PROCESSES_MAX = 10_000
/** Edits up to which a mistyped word gets a suggestion. */
export const SUGGESTION_EDITS_MAX = 3
/** Places reported by the tripwire before it falls silent. */
export const TRIPWIRE_REPORTS_MAX = 50
/** Touches of one function that the tripwire looks at one by one: a look costs a stack trace. */
export const TRIPWIRE_LOOKS_MAX = 200
/** Of those after, every so many-th is looked at. */
export const TRIPWIRE_SAMPLE = 64
/** Journals read to say that a tool was never called. */
export const TOOL_JOURNALS_MAX = 1_000
/** Processes searched for one whose pid begins as typed. */
export const PIDS_SEARCHED_MAX = 10_000
/** Length of a run's id. */
export const RUN_ID_LENGTH_MAX = 200
/** Pause between two looks at a run that is being born. */
export const BORN_POLL_MS = 10
/** First pause between two looks for the end of a run that another host may have; each one is twice as long. */
export const ENDS_LOOK_MS = 200
/** Pause between two such looks while the process is resident here. */
export const ENDS_RESIDENT_LOOK_MS = 10_000
/** Such looks that are made at once, for all runs together. */
export const ENDS_LOOKS_AT_ONCE = 4
/** Runs that were started from here and have not begun here, of which it is remembered that they are new. */
export const ENDS_FRESH_MAX = 10_000
/** First pause between two looks whether a run waits for somebody. */
export const HINT_MS_MIN = 500
/** The longest one. */
export const HINT_MS_MAX = 10_000
/** Processes read again in one look at a run. */
export const FAMILY_READS_PER_LOOK = 500
/** A host that leaves says after so long what it waits for. */
export const LEAVING_PATIENCE_MS = 1_000
/** Wait for a run that is cancelled to be erased. */
export const ERASE_CANCEL_MS = 60_000
/** Pause between two looks whether it has ended. */
export const ERASE_POLL_MS = 50
/** Runs that one round of retention erases. */
export const RETENTION_BATCH_RUNS = 50
/** Pause between two rounds of retention. */
export const RETENTION_ROUND_MS = 10 * 60 * 1000
/** Live streams that are looked at in one go, once in the life of a host, and the pause after them. */
export const RETENTION_SAID_PAGE = 100
/** See there. */
export const RETENTION_SAID_PAUSE_MS = 50
/** A verb that owns the folder for a moment is waited for, by whoever comes next. */
export const BRIEF_OWNER_MS = 500
/** Time for whoever hosts a process to take a retry up, before it is left to itself. */
export const RETRY_HEARD_MS = 2_000
/** Pause between two looks whether it was taken up. */
export const RETRY_POLL_MS = 20
/** Processes that one command acts on, at most. */
export const BULK_TARGETS_MAX = 100_000
/** Processes that are acted on at once. */
export const BULK_AT_ONCE = 20
/** Times an effect's time-out without a fact after which it is stuck. */
export const STUCK_TIMES_DEFAULT = 3
/** What is due, or to be told, may be that late on a loaded machine. */
export const STUCK_LATE_MS = 5_000
/** A process with nothing in flight that has not moved for that long is stuck. */
export const STUCK_STILL_MS = 30_000
/** A run that is ready for so long, where workers take runs within some milliseconds, may have none. */
export const UNTAKEN_MS = 3_000
