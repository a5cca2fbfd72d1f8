import { bytesOf, type EdgeFormat, type Measured } from '../format.js'
import { noise } from '../noise.js'

/** What releases before 9.1.3 and 9.2.2 write where they have no value. */
const BAD_VALUE = '18446744073709551615'
const BAD_SHARE = 0.02
const COLUMNS = 72

const tunnelName = ({ edge, link }: Measured): string => `to_${edge.hub.siteId}_${link.color}-${link.color}`

/** A row of the tunnels' minute statistics: hundredths, but not the jitter; losses before and after FEC. */
function row(measured: Measured): string {
  const { edge, link, reading, ms, intervalS, tick } = measured
  const cells = new Array<string>(COLUMNS).fill('')
  const hundredths = (value: number): string => String(Math.round(value * 100))
  const bad = noise(edge.index, link.index, tick, 98) < BAD_SHARE
  cells[0] = '0'
  cells[1] = `tunnel_${edge.index * 4 + link.index}`
  cells[2] = tunnelName(measured)
  cells[3] = '1'
  cells[6] = String(bytesOf(reading.txBps, intervalS))
  cells[7] = String(bytesOf(reading.rxBps, intervalS))
  cells[14] = bad ? BAD_VALUE : hundredths(reading.latencyMs)
  cells[23] = hundredths(reading.lossRatio * 100)
  // Correction gives back most of what was lost.
  cells[24] = hundredths(reading.lossRatio * 20)
  cells[65] = '438'
  cells[66] = '431'
  cells[69] = bad ? BAD_VALUE : String(Math.round(reading.jitterMs))
  cells[71] = String(Math.floor(ms / 1000))
  return cells.join(',')
}

export const hpeEdgeconnectFormat: EdgeFormat = {
  vendor: 'hpe-edgeconnect',
  model: 'edgeconnect',
  way: 'http',
  identities: (edge) => [edge.serial],
  pushedFor: (edge) => edge.serial,
  linkName: (edge, link) => `to_${edge.hub.siteId}_${link.color}-${link.color}`,
  payloads: (links) => {
    const alive = links.filter(({ reading }) => reading.tunnel !== 'down')
    return alive.length === 0 ? [] : [`${alive.map(row).join('\n')}\n`]
  },
}
