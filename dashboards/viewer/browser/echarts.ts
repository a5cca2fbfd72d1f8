/** The part of ECharts that we use; its classic build is loaded beside our modules and leaves this global. */
export interface Chart {
  setOption(option: object, opts?: { notMerge?: boolean }): void
  resize(): void
  dispose(): void
  dispatchAction(action: object): void
  convertFromPixel(finder: object, value: readonly [number, number]): readonly [number, number]
  containPixel(finder: object, value: readonly [number, number]): boolean
}

interface Library {
  init(element: HTMLElement, theme: null, opts: { renderer: 'canvas'; locale: string }): Chart
}

declare global {
  var echarts: Library | undefined
}

/** Undefined where the library did not load: then tables stand in for charts. */
export const chartLibrary = (): Library | undefined => globalThis.echarts
