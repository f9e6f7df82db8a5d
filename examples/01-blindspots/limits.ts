/** Every limit of this example, by name. */

/** Larger files are not source code that a person wrote. */
export const SOURCE_BYTES_MAX = 512 * 1024
/** A line longer than this was written by a machine. */
export const LINE_LENGTH_MAX = 2_000
/** Files with code in one run; of more, a fair sample is taken. */
export const SOURCES_MAX = 500
/** What a scratch copy may hold. */
export const COPY_FILES_MAX = 50_000
export const COPY_BYTES_MAX = 1024 * 1024 * 1024

export const BUDGET_DEFAULT = '90s'
/** Less is not enough for the untouched runs and one trial. */
export const BUDGET_MS_MIN = 5_000
/** Processes of one run, the root not counted. */
export const PROCESSES_MAX = 20_000
export const WORKERS_MAX = 64

/** Longest survey, look at one file, and writing of the report. */
export const SURVEY_MS = 60_000
export const PROPOSE_MS = 1_000
export const REPORT_MS = 2_000
/** A changed program may be slower than the untouched one by this factor and this much; beyond it, it hangs. */
export const PATIENCE_FACTOR = 2
export const PATIENCE_MS = 1_000
/** Making a scratch copy and cleaning it, beside the time of the tests. */
export const SCRATCH_MS = 1_500
/** The untouched runs before the first trial may take this part of the budget. */
export const BASELINE_SHARE = 0.5
export const BASELINE_RUNS_MIN = 2

/** What a run of the tests may write, and what is kept of it. */
export const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
export const OUTPUT_BYTES_KEPT = 16 * 1024
export const MEMORY_BYTES_MAX = 2 * 1024 * 1024 * 1024
/** Of a failing command, these last lines are shown. */
export const TAIL_LINES = 15

/** Changes tried in one visit to a file. */
export const VISIT_CHANGES_MAX = 10
/** After so many survivors and nothing noticed in a file, somebody looks whether any test loads it. */
export const SURVIVORS_TO_DOUBT = 2
/** Visits in one segment of the root's journal. */
export const SEGMENT_VISITS_MAX = 400
export const APPROVAL_EXPIRES = '10m'
export const APPROVAL_POLL_MS = 50
/** Looks that a question must outlast before anybody is asked who goes on with a run. */
export const APPROVAL_POLLS_MIN = 40

/** The writer's own time, its tokens, and the blind spots that it looks at. */
export const WRITING_DEFAULT = '5m'
export const TOKENS_DEFAULT = 300_000
export const WRITERS_MAX = 40
/** Answers of the model per blind spot, the time and tokens of one, and the tests that one may grow to. */
export const WRITER_ATTEMPTS_MAX = 3
/** Noticed changes that are kept of a file, and tried with each test that would be added. */
export const WITNESSES_KEPT_MAX = 6
export const WITNESSES_MAX = 2
/** One look at what is covered already, the runs that prove each answer, and all tests together at the end. */
export const WRITER_RUNS_MAX = WRITERS_MAX * (1 + (2 + WITNESSES_MAX) * WRITER_ATTEMPTS_MAX) + 1
export const MODEL_MS = 60_000
export const MODEL_TOKENS_MAX = 4_096
export const TEST_BYTES_MAX = 512 * 1024
/** What a model is shown of a file, of the list of tests, and how many tests are looked at for it. */
export const SHOWN_BYTES_MAX = 24 * 1024
export const TESTS_LISTED_MAX = 100
export const EXAMPLES_READ_MAX = 200
export const LOOK_MS = 5_000
/** Adding the tests: a time-out there is a question to a person, so it is generous. */
export const ADD_TESTS_MS = 10_000
/** The patch waits longer for a yes than the command does: somebody must read it. */
export const ADD_TESTS_EXPIRES = '1d'

/** Runs of one folder and command that are told apart by number. */
export const RUNS_MAX = 10_000
/** Redraws of live progress, and lines where there is no terminal. */
export const REDRAW_MS = 150
export const LINE_MS = 10_000
/** Findings listed at the end; the report has all. */
export const LISTED_MAX = 20
