/** Limits of simulations, by name. */

/** The date on which every simulation begins: a Tuesday in November 2033. */
export const SIM_EPOCH_MS = 2_015_000_000_000
/** Tasks of one simulation; more means that it goes round in circles. */
export const SIM_TASKS_MAX = 2_000_000
/** Virtual time of one simulation. */
export const SIM_TIME_MS_MAX = 400 * 24 * 3600 * 1000
/** Longest time a request of the simulated world is under way: less than the kernel's grace, so that "absent" can be believed. */
export const WORLD_TRANSIT_MS_MAX = 2_000
