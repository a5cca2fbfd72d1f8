import type { Frame, Mark } from './protocol.js'

/** Columns of a query of marks, in this order. */
export const MARK_COLUMNS = ['time', 'timeEnd', 'title', 'text'] as const

/** Rows of such a query as marks; one without a beginning is none. */
export const marksOf = (frame: Frame, kind: string, colour: string): Mark[] =>
  frame.rows.flatMap(([from, to, title, text]) =>
    typeof from !== 'number'
      ? []
      : [
          {
            from,
            to: typeof to === 'number' ? Math.max(from, to) : from,
            kind,
            title: String(title ?? ''),
            text: String(text ?? ''),
            colour,
          },
        ],
  )
