import { networkInterfaces } from 'node:os'
import type { Finding } from '../drill/finding.ts'
import { portOf, requestText, sendBytes, statusesIn } from './wire.ts'
import { connect } from 'node:net'
import { once } from 'node:events'

const FOREIGN_HOSTS = [
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil.example:80',
  'localhost.',
  '0.0.0.0',
  '[::]',
  '2130706433',
  '0x7f.1',
  '127.1',
  '127.0.0.2',
  '[::ffff:127.0.0.1]',
  'metadata.internal',
]
/** What says that a request comes from inside. */
const CLAIMS = [
  ...['X-Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'True-Client-IP'].map((name) => `${name}: 127.0.0.1`),
  'X-Forwarded-Host: localhost',
  'Forwarded: for=127.0.0.1;host=localhost',
  'Origin: http://localhost',
  'X-Archipel-Caller: operator',
  'X-Roles: operator',
  'Cookie: token=operator',
  'X-Original-URL: /livez',

  'Authorization: Bearer ',
  'Authorization: Bearer null',
  'Authorization: Basic b3BlcmF0b3I6b3BlcmF0b3I=',
  `Authorization: Bearer ${'A'.repeat(43)}`,
]
const INSIDE = [
  '/health',
  '/metrics',
  '/openapi.json',
  '/delivery',
  '/sagas',
  '/mail',
  '/livez/../health',
  '/livez%2f..%2fhealth',
  '//health',
]

/** The operators' door without its secret, and its rooms by the public one. @param tokens of people of the shop, who are nobody here. */
export async function tryOperationsDoor(
  { origin, operationsUrl }: { readonly origin: string; readonly operationsUrl: string },
  tokens: readonly string[],
): Promise<Finding> {
  const wrong: string[] = []
  const bearers = tokens.map((token) => `Authorization: Bearer ${token}`)
  const asked = [
    ...INSIDE.flatMap((path) =>
      [...CLAIMS, ...bearers, 'X: y'].map((claim) =>
        requestText(`GET ${path}`, [claim]).replace('shop.example', '127.0.0.1'),
      ),
    ),
    ...FOREIGN_HOSTS.flatMap((host) =>
      ['/livez', '/health'].map((path) => requestText(`GET ${path}`).replace('shop.example', host)),
    ),
    ...['POST', 'PUT', 'DELETE', 'OPTIONS'].map((method) =>
      requestText(`${method} /health`, ['Origin: http://evil.example']).replace('shop.example', 'localhost'),
    ),
  ]
  for (const bytes of asked) {
    const { text } = await sendBytes(operationsUrl, bytes, 40)
    const [status = 0] = statusesIn(text)
    if (status < 400) wrong.push(`${JSON.stringify(bytes.slice(0, 120))}: ${text.slice(0, 100)}`)
  }
  for (const path of [
    ...INSIDE,
    '/operations',
    '/api/v1/operations',
    '/api/v1/keys',
    '/api/v1/users/keys',
    '/.archipel',
    '/operations-token',
  ]) {
    if (path === '/openapi.json') continue
    const { text } = await sendBytes(origin, requestText(`GET ${path}`, bearers.slice(0, 1)), 40)
    if ((statusesIn(text)[0] ?? 0) < 400) wrong.push(`${path} at the public door: ${text.slice(0, 100)}`)
  }
  const elsewhere = addressesBeside()
  for (const address of elsewhere)
    if (await answers(address, portOf(operationsUrl))) wrong.push(`the operators' door is open at ${address}`)
  return {
    what: "the operators' door stays shut",
    checked: asked.length + INSIDE.length + 6 + elsewhere.length,
    wrong,
    sort: 'unbalanced',
  }
}

/** The addresses under which others reach this machine. */
function addressesBeside(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((several) => several ?? [])
    .filter(({ internal, address }) => !internal || address !== '127.0.0.1')
    .map(({ address, scopeid }) => (scopeid ? `${address}%${scopeid}` : address))
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 1_000 })
  const opened = once(socket, 'connect').then(
    () => true,
    () => false,
  )
  const late = once(socket, 'timeout').then(
    () => false,
    () => false,
  )
  const open = await Promise.race([opened, late])
  socket.destroy()
  return open
}
