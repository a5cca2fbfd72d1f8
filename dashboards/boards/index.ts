import type { BoardSpec } from '../board.js'
import { SOC_OVERVIEW } from './soc_overview.js'

/** All dashboards. A new one is a file here, a line in this list, one in `pages.ts` and its texts. */
export const BOARDS: readonly BoardSpec[] = [SOC_OVERVIEW]
