import type { AnyTargetKind } from '../target.js'
import { demo } from './demo.js'
import { rt } from './rt.js'

/** All kinds of targets, in the order of the documentation. A new one is a file beside and a line here. */
export const TARGET_KINDS: readonly AnyTargetKind[] = [rt, demo]
