import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** Costs of scrypt (RFC 7914): 16 MiB and some 50 ms a try. */
const COST = { N: 16_384, r: 8, p: 1 } as const
const KEY_BYTES = 32
const SALT_BYTES = 16
/** Memory that a stored hash may ask for: a file from elsewhere must not take the machine. */
const MEMORY_MAX = 128 * 1024 * 1024

const derive = (password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

/** What a users' file holds of a password: `scrypt:N:r:p:salt:key`, the last two in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, KEY_BYTES, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join(':')
}

interface StoredHash {
  readonly options: ScryptOptions
  readonly salt: Buffer
  readonly key: Buffer
}

/** A stored hash taken apart; undefined when it is none. */
export function readHash(text: string): StoredHash | undefined {
  const match = /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3}):([A-Za-z0-9+/]+=*):([A-Za-z0-9+/]+=*)$/.exec(text)
  if (match === null) return undefined
  const [N, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const powerOfTwo = N > 1 && (N & (N - 1)) === 0
  if (!powerOfTwo || r < 1 || p < 1 || 128 * N * r > MEMORY_MAX) return undefined
  const key = Buffer.from(match[5]!, 'base64')
  return key.length < 16
    ? undefined
    : { options: { N, r, p, maxmem: 2 * MEMORY_MAX }, salt: Buffer.from(match[4]!, 'base64'), key }
}

/** Whether the password is the one that was hashed; takes the same time either way. */
export async function passwordIs(password: string, { options, salt, key }: StoredHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, salt, key.length, options), key)
}
