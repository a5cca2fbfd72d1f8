import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { agentOf, exportTimeMs, otherUnits, upTimeMs } from '../../../ingest/udp/header.js'
import { EXPORT_PROTOCOLS } from '../../../model/flow_columns.js'

const header = suite('header')
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const { netflow5, netflow9, ipfix, sflow5 } = EXPORT_PROTOCOLS

header('finds the up time of each protocol, where it has one', () => {
  assert.is(upTimeMs(netflow5, bytes('0005 0002 00001000 65432100 1dcd6500 00000064 0107 0000')), 4096)
  assert.is(upTimeMs(netflow9, bytes('0009 0014 fffff000 65432100 ffffffff 00000007')), 0xfffff000)
  assert.is(upTimeMs(ipfix, bytes('000a 0010 65432100 00000005 00000009')), -1)
  assert.is(upTimeMs(sflow5, bytes('00000005 00000001 c0000201 00000003 00000011 00001000 00000000')), 4096)
  const six = `00000005 00000002 ${'20010db8'.repeat(4)} 00000003 00000011 00002000 00000000`
  assert.is(upTimeMs(sflow5, bytes(six)), 8192)
})

header('knows the other way of counting', () => {
  assert.is(otherUnits(netflow9, bytes('0009 0114 fffff000 65432100 ffffffff 00000007')), 0x114)
  assert.is(otherUnits(ipfix, bytes('000a 0010 65432100 00000005 00000009')), 1)
  assert.is(otherUnits(sflow5, bytes('00000005 00000001 c0000201')), -1)
})

header('tells sFlow agents apart', () => {
  const agent = (hex: string): number => agentOf(sflow5, bytes(hex))
  const one = agent('00000005 00000001 c0000201 00000003 00000011 00001000 00000000')
  assert.is(agent('00000005 00000001 c0000201 00000004 00000012 00001000 00000000'), one)
  assert.is.not(agent('00000005 00000001 c0000202 00000003 00000011 00001000 00000000'), one)
  assert.is(agentOf(netflow9, bytes('0009 0014 fffff000 65432100 ffffffff 00000007')), 0)
})

header('takes the middle of a second where only seconds are told', () => {
  assert.equal(
    [exportTimeMs(netflow9, 1000), exportTimeMs(ipfix, 1000), exportTimeMs(netflow5, 1000)],
    [1500, 1500, 1000],
  )
})

header.run()
