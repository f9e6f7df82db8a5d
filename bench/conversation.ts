/** A conversation that goes on for long. */
import type { Bench } from './harness/bench.ts'

const VARIANT = 'skein, 500 steps'

export const conversation: Bench = {
  name: 'conversation',
  summary:
    'A conversation of 500 steps that read 5 KB each: bytes per step, the longest prompt, and the time to go on after `kill -9`.',
  method: `
    An agent with a context budget of 40,000 tokens reads a page at each step and is killed with \`kill -9\` while
    its model is asked for the last one; copies of its folder are then opened by fresh processes. Bytes are those of
    its journal, blobs included, by stretches of 50 steps; a stretch that holds one more compaction than another has
    some hundred bytes per step more, so what is judged is whether the later half writes more than the earlier one.
    A second conversation, of 200,000 tokens and 100 tool calls of 5 KB without a budget, gives the size of its
    folder after a checkpoint.
  `,
  rounds: 1,
  figures: [
    { key: 'promptTokensMax', label: 'longest prompt, tokens by the provider’s meter', better: 'less' },
    { key: 'bytesPerStepLeast', label: 'bytes per step, least of the stretches', better: 'less' },
    { key: 'bytesPerStepMost', label: 'bytes per step, most of the stretches', better: 'less' },
    { key: 'bytesPerStepGrowth', label: 'bytes per step, later half beside the earlier half', better: 'less' },
    { key: 'folderMb', label: 'data folder MB, with its log', better: 'less' },
    { key: 'resumeMedianMs', label: 'kernel.run to next decide at step 499, ms, median', better: 'less' },
    { key: 'resumeMaxMs', label: 'kernel.run to next decide at step 499, ms, worst', better: 'less' },
    { key: 'resumeFromOpenMedianMs', label: 'opening the folder to the model call, ms, median', better: 'less' },
    { key: 'resumeFromOpenMaxMs', label: 'opening the folder to the model call, ms, worst', better: 'less' },
    { key: 'largeTokens', label: 'the large conversation, tokens', better: 'none' },
    { key: 'largeFolderMb', label: 'its data folder MB after a checkpoint', better: 'less' },
  ],
  cells: [
    {
      variant: VARIANT,
      script: 'cells/conversation/conversation.ts',
      args: { resumptions: 15 },
      quick: { resumptions: 2 },
    },
  ],
  goals: [
    {
      what: 'bytes written per agent step: a 200,000-token conversation with 100 tool calls of 5 KB',
      toReach: 'constant per step, folder under 3 MB after a checkpoint',
      judge: (measured) => {
        const keys = ['bytesPerStepLeast', 'bytesPerStepMost', 'bytesPerStepGrowth', 'largeFolderMb']
        const [least, most, growth, folder] = keys.map((key) => measured.median(VARIANT, key))
        if (least === undefined || most === undefined || growth === undefined || folder === undefined) return undefined
        const range = `${least.toFixed(0)}–${most.toFixed(0)} bytes per step`
        return {
          isReached: folder < 3 && growth < 1.05,
          figure: `${range}, the later half ${growth.toFixed(2)} times the earlier, ${folder.toFixed(2)} MB`,
        }
      },
    },
  ],
}
