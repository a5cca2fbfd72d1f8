import { readFileSync } from 'node:fs'
import {
  type Authenticator,
  credsAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import type { BusConfig } from './config.js'

/** How this process says who it is: the credentials file, else user and password, or the token, of the URL. */
export function authenticatorOf(config: BusConfig): Authenticator | undefined {
  if (config.credentials_file !== undefined) return credsAuthenticator(readFileSync(config.credentials_file))
  const { username, password } = new URL(config.url.split(',')[0]!)
  if (username === '') return undefined
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  return pass === '' ? tokenAuthenticator(user) : usernamePasswordAuthenticator(user, pass)
}
