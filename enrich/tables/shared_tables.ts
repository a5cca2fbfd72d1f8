import type { PrivacyKey } from '../privacy/keys.js'
import type { PrefixTableData } from './prefix_table.js'

/**
 * All that the enrichment looks things up in: shared memory and numbers, so that it is handed to a worker as
 * it is and nothing is copied. Made by `buildTables`, never written afterwards; a new registry version is a
 * new object.
 */
export interface SharedTables {
  /** Version of the registry it was built from; 0 without one. */
  readonly version: number
  /** Whether the registry knows any organisation; without, its columns stay unknown. */
  readonly hasOrganizations: boolean
  /** Address to place, one routing table a VRF; 0 is the global one. */
  readonly prefixes: PrefixTableData
  /** Places by index, `PLACE_WORDS` words each; place 0 is nowhere. */
  readonly places: SharedArrayBuffer
  /** Left out where the registry names no exporter. */
  readonly exporters?: ExporterTables
  /**
   * Pair table: (0, id that exporters give a VRF) to its routing table. Left out where the registry names
   * none.
   */
  readonly vrfNumbers?: SharedArrayBuffer
  /** Left out where the registry names no interface of a link. */
  readonly links?: LinkTables
  readonly applications: ApplicationTables
  /** Left out where no feed has an indicator. */
  readonly threats?: ThreatTables
  /** Left out where no file tells countries or autonomous systems. */
  readonly geo?: GeoTables
  /** Left out where the registry protects no addresses. */
  readonly privacy?: PrivacyTables
  /** Keys of pseudonyms, the oldest first, and how many of a key a worker remembers. */
  readonly privacyKeys?: { readonly keys: readonly PrivacyKey[]; readonly cacheEntries: number }
}

/**
 * A place: numbers of organisation and site, code of the region (1 to 17); the site again where it has an
 * edge exporter.
 */
export const PLACE_WORDS = 4
export const PLACE_ORG = 0
export const PLACE_SITE = 1
export const PLACE_REGION = 2
export const PLACE_EDGE = 3

export interface ExporterTables {
  /** Address of an exporter to its index, from 1. */
  readonly addresses: PrefixTableData
  /** Exporters by index, `EXPORTER_WORDS` words each; 0 is an unregistered one. */
  readonly facts: SharedArrayBuffer
}

/**
 * An exporter: number of its site, routing table of flows that carry none, flags; the site again where it is
 * its edge.
 */
export const EXPORTER_WORDS = 4
export const EXPORTER_SITE = 0
export const EXPORTER_VRF = 1
export const EXPORTER_FLAGS = 2
export const EXPORTER_EDGE = 3
/** Flags: totals do not use what it metered on the way in, on the way out. */
export const EXPORTER_SKIPS_INGRESS = 1
export const EXPORTER_SKIPS_EGRESS = 2

export interface LinkTables {
  /** Pair table: (exporter's index, ifIndex) to the link's index, from 1. */
  readonly interfaces: SharedArrayBuffer
  /** Links by index, `LINK_WORDS` words each. */
  readonly facts: SharedArrayBuffer
}

/** A link: its number, the number of its supplier. */
export const LINK_WORDS = 2
export const LINK_NUMBER = 0
export const LINK_SUPPLIER = 1

export interface ApplicationTables {
  /** Uint16: index of the application by server port, TCP then UDP, 65536 each. */
  readonly ports: SharedArrayBuffer
  /** Uint16: index of the application by IP protocol, for those that are one. */
  readonly protocols: SharedArrayBuffer
  /** Applications by index, `APP_WORDS` words each; those of the registry first, 0 is unknown. */
  readonly facts: SharedArrayBuffer
  /** Applications with an index up to this one come from the registry. */
  readonly registered: number
  /**
   * Pair table: exporter's application id (high word, low word) to index. Left out where the registry names
   * none.
   */
  readonly appKeys?: SharedArrayBuffer
  /** Address of a server to a group of rules. Left out where no rule of the registry has prefixes. */
  readonly servers?: PrefixTableData
  /** Groups by index: first rule, number of rules. */
  readonly groups?: SharedArrayBuffer
  /** Rules, `RULE_WORDS` words each. */
  readonly rules?: SharedArrayBuffer
}

/** An application: its number, the code of its class. */
export const APP_WORDS = 2
export const APP_NUMBER = 0
export const APP_CLASS = 1

/** A rule: IP protocol (256: any), first and last port, index of the application. */
export const RULE_WORDS = 4
export const RULE_ANY_PROTOCOL = 256

/** Threat indicators of all feeds that are not revoked. They change on their own, not with the registry. */
export interface ThreatTables {
  /** Version of the set of indicators. */
  readonly version: number
  /** Address to the index of the gravest indicator of the narrowest prefix that has one. */
  readonly prefixes: PrefixTableData
  /** Bits by a hash of an address's first bits: where one is 0 no prefix holds, and nothing is looked up. */
  readonly filter: SharedArrayBuffer
  /** Indicators by index, `THREAT_WORDS` words each; 0 is none. */
  readonly facts: SharedArrayBuffer
}

/**
 * An indicator: its number; when it begins and ends to hold, s since 1970; the index of the next to ask
 * where it does not hold (another of the same prefix, or one of a wider prefix; 0 none); its rank, severity
 * times 256 and confidence (0 to 100, 0 where unknown).
 */
export const THREAT_WORDS = 5
export const THREAT_NUMBER = 0
export const THREAT_FROM = 1
export const THREAT_UNTIL = 2
export const THREAT_NEXT = 3
export const THREAT_RANK = 4
/** `THREAT_UNTIL` of an indicator without an end. */
export const THREAT_FOR_EVER = 0xffffffff
/** Confidence of an indicator whose feed does not tell it. */
export const CONFIDENCE_UNKNOWN = 255

/** Country and autonomous system of addresses; they change with the user's files. */
export interface GeoTables {
  readonly version: number
  /** Address to the index of its origin. */
  readonly addresses: PrefixTableData
  /** Origins by index, `ORIGIN_WORDS` words each; 0 is unknown. */
  readonly facts: SharedArrayBuffer
}

/** An origin: number of its autonomous system, its country as two letters (ISO 3166) in two bytes. */
export const ORIGIN_WORDS = 2
export const ORIGIN_AS = 0
export const ORIGIN_COUNTRY = 1

/** Whose addresses are stored otherwise than they are. */
export interface PrivacyTables {
  /** Uint8: index of the policy by index of the place; 0: stored as they are. */
  readonly policies: SharedArrayBuffer
  /** Policies by index, `POLICY_WORDS` bytes each. */
  readonly facts: SharedArrayBuffer
}

/** A policy: what becomes of an address, and how many of its first bits stay where the others are cut. */
export const POLICY_WORDS = 3
export const POLICY_MODE = 0
export const POLICY_V4_BITS = 1
export const POLICY_V6_BITS = 2
export const POLICY_PSEUDONYM = 1
export const POLICY_MASK = 2
/** Policies that differ; a place's is one byte. */
export const POLICIES_MAX = 255
