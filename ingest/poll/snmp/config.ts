import { isIP } from 'node:net'
import { z } from 'zod'
import { SNMP_TABLES } from './tables.js'

const TABLE_IDS = SNMP_TABLES.map(({ id }) => id) as [string, ...string[]]

export const snmpSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, - and _, at most 64')
      .describe('names the agent in metrics and in the origin of its payloads'),
    host: z.string().min(1).describe('address or name of the agent'),
    port: z.number().int().min(1).max(65_535).default(161).describe('UDP port'),
    version: z.enum(['2c', '3']).default('3').describe('2c sends its community in the clear'),
    credentials_file: z
      .string()
      .optional()
      .describe("YAML: 'community: …' for 2c; 'user', 'auth_key', 'priv_key' for 3"),
    credentials_env: z
      .record(z.string(), z.string())
      .default({})
      .describe('credentials out of variables: field → name of the variable'),
    auth_protocol: z.enum(['sha', 'sha224', 'sha256', 'sha384', 'sha512', 'md5']).default('sha256'),
    priv_protocol: z
      .enum(['aes', 'aes256b', 'aes256r'])
      .default('aes')
      .describe('aes256b: Blumenthal; aes256r: Reeder, as Cisco has it'),
    tables: z.array(z.enum(TABLE_IDS)).min(1).describe('what is asked for'),
    device: z.string().optional().describe('what the registry calls the device; left out: the host'),
    every_s: z.number().min(1).max(86_400).default(60).describe('pace'),
    timeout_s: z.number().min(0.1).max(60).default(5).describe('for one answer'),
    retries: z.number().int().min(0).max(10).default(2).describe('requests sent again'),
    max_repetitions: z.number().int().min(1).max(100).default(20).describe('rows of one GetBulk'),
  })
  .superRefine((agent, context) => {
    const given = Object.keys(agent.credentials_env)
    const needs = agent.version === '3' ? ['user', 'auth_key', 'priv_key'] : ['community']
    if (agent.credentials_file === undefined && !needs.every((field) => given.includes(field)))
      context.addIssue({
        code: 'custom',
        path: ['credentials_file'],
        message: `is missing: ${needs.join(', ')}`,
      })
    if (isIP(agent.host) === 0 && !/^[\w.-]+$/.test(agent.host))
      context.addIssue({ code: 'custom', path: ['host'], message: 'neither an address nor a name' })
  })
export type SnmpConfig = z.infer<typeof snmpSchema>

export const snmpAgentsSchema = z
  .array(snmpSchema)
  .max(10_000)
  .default([])
  .superRefine((agents, context) => {
    const seen = new Set<string>()
    agents.forEach(({ id }, i) => {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: [i, 'id'], message: `'${id}' names another agent too` })
      seen.add(id)
    })
  })
  .describe('agents that are asked by SNMP: IP SLA, health checks of FortiGate, interfaces')
