/**
 * Kinds of edges in the reference network: how common each is, how it numbers and names its interfaces, how
 * it samples. What each one puts on the wire is in `encoders/flavours/`, one file a model.
 */
export interface InterfaceName {
  readonly index: number
  readonly name: string
}

export interface EdgeModel {
  readonly id: EdgeModelId
  readonly vendor: string
  /** Share among the sites' edges, relative. */
  readonly weight: number
  readonly lan: InterfaceName
  /** In the order of the site's links. */
  readonly wan: readonly [InterfaceName, InterfaceName, InterfaceName]
  /** One packet in so many is looked at; drawn per exporter. 1 is every packet. */
  readonly samplingRates: readonly number[]
  /** Whether the model exports IPv6 flows. */
  readonly ipv6: boolean
  /** Observation domain (v9 source id, v5 engine) that the vendor uses by default. */
  readonly domain: number
}

export const EDGE_MODEL_IDS = [
  'cisco_iosxe',
  'cisco_sdwan',
  'meraki',
  'fortinet',
  'paloalto',
  'juniper',
  'nokia',
  'velocloud',
  'edgeconnect',
  'versa',
  'huawei',
  'legacy_v5',
  'probe',
  'switch_sflow',
] as const
export type EdgeModelId = (typeof EDGE_MODEL_IDS)[number]

const named = (index: number, name: string): InterfaceName => ({ index, name })
const ALL_PACKETS = [1]

export const EDGE_MODELS: readonly EdgeModel[] = [
  {
    id: 'cisco_iosxe',
    vendor: 'Cisco Catalyst 8000 (IOS XE)',
    weight: 16,
    lan: named(2, 'GigabitEthernet0/0/1'),
    wan: [named(1, 'GigabitEthernet0/0/0'), named(3, 'GigabitEthernet0/0/2'), named(9, 'Cellular0/2/0')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 256,
  },
  {
    id: 'cisco_sdwan',
    vendor: 'Cisco Catalyst SD-WAN',
    weight: 16,
    lan: named(6, 'GigabitEthernet6'),
    wan: [named(1, 'GigabitEthernet1'), named(2, 'GigabitEthernet2'), named(14, 'Cellular0/3/0')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 6,
  },
  {
    id: 'meraki',
    vendor: 'Cisco Meraki MX',
    weight: 9,
    lan: named(3, 'lan0'),
    wan: [named(1, 'wan0'), named(2, 'wan1'), named(5, 'cellular0')],
    samplingRates: ALL_PACKETS,
    ipv6: false,
    domain: 0,
  },
  {
    id: 'fortinet',
    vendor: 'Fortinet FortiGate',
    weight: 18,
    lan: named(9, 'internal'),
    wan: [named(3, 'wan1'), named(4, 'wan2'), named(21, 'wwan')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 1,
  },
  {
    id: 'paloalto',
    vendor: 'Palo Alto Networks PAN-OS',
    weight: 7,
    lan: named(18, 'ethernet1/3'),
    wan: [named(16, 'ethernet1/1'), named(17, 'ethernet1/2'), named(19, 'ethernet1/4')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 1,
  },
  {
    id: 'juniper',
    vendor: 'Juniper MX and Session Smart',
    weight: 5,
    lan: named(531, 'ge-0/0/2.0'),
    wan: [named(529, 'ge-0/0/0.0'), named(530, 'ge-0/0/1.0'), named(540, 'dl0.0')],
    samplingRates: [1, 10, 100],
    ipv6: true,
    domain: 524288,
  },
  {
    id: 'nokia',
    vendor: 'Nokia 7750 SR and Nuage',
    weight: 4,
    lan: named(1342177291, '1/1/3'),
    wan: [named(1342177289, '1/1/1'), named(1342177290, '1/1/2'), named(1342177299, 'lte/1')],
    samplingRates: [1, 10, 50],
    ipv6: true,
    domain: 131072,
  },
  {
    id: 'velocloud',
    vendor: 'VMware VeloCloud',
    weight: 9,
    lan: named(1, 'GE1'),
    wan: [named(3, 'GE3'), named(4, 'GE4'), named(7, 'USB1')],
    samplingRates: ALL_PACKETS,
    ipv6: false,
    domain: 1,
  },
  {
    id: 'edgeconnect',
    vendor: 'HPE Aruba EdgeConnect',
    weight: 6,
    lan: named(4, 'lan0'),
    wan: [named(2, 'wan0'), named(3, 'wan1'), named(6, 'lte0')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 17,
  },
  {
    id: 'versa',
    vendor: 'Versa FlexVNF',
    weight: 5,
    lan: named(1055, 'vni-0/2.0'),
    wan: [named(1051, 'vni-0/0.0'), named(1053, 'vni-0/1.0'), named(1070, 'vni-0/100.0')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 33,
  },
  {
    id: 'huawei',
    vendor: 'Huawei NetEngine AR',
    weight: 2,
    lan: named(8, 'GE0/0/2'),
    wan: [named(6, 'GE0/0/0'), named(7, 'GE0/0/1'), named(12, 'Cellular0/0/0')],
    samplingRates: [1, 10],
    ipv6: false,
    domain: 0,
  },
  {
    id: 'legacy_v5',
    vendor: 'routers of the network before',
    weight: 4,
    lan: named(2, 'FastEthernet0/1'),
    wan: [named(1, 'FastEthernet0/0'), named(3, 'Serial0/0/0'), named(4, 'Dialer1')],
    samplingRates: [1, 1, 10],
    ipv6: false,
    domain: 0,
  },
  {
    id: 'probe',
    vendor: 'flow probes on a mirror port',
    weight: 1,
    lan: named(10, 'mon0'),
    wan: [named(11, 'mon1'), named(12, 'mon2'), named(13, 'mon3')],
    samplingRates: ALL_PACKETS,
    ipv6: true,
    domain: 2001,
  },
  {
    id: 'switch_sflow',
    vendor: 'switches that speak sFlow',
    weight: 1,
    lan: named(48, 'swp48'),
    wan: [named(49, 'swp49'), named(50, 'swp50'), named(51, 'swp51')],
    samplingRates: [128, 256],
    ipv6: true,
    domain: 0,
  },
]

export const edgeModel = (id: EdgeModelId): EdgeModel => EDGE_MODELS.find((m) => m.id === id)!
