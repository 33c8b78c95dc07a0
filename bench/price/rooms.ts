import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FRAMEWORK = 'packages/archipel/src/'
const BOUTIQUE = 'examples/boutique/'

/** A frame of a profile, as far as it says whose code it is. */
export interface Frame {
  readonly functionName: string
  readonly url: string
}

/** What runs without a file of ours: the runtime, the collector, the kernel. */
const NATIVE: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collector',
  '(program)': 'runtime, native',
  '(idle)': 'idle',
  '(root)': 'runtime, native',
}

/** Whose code a frame is: a room of the framework, a service of the boutique, a library, or the runtime. */
export function roomOf({ functionName, url }: Frame): string {
  const path = decodeURIComponent(url).replace('file://', '').replace(ROOT, '')
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1]
  if (library !== undefined && library !== 'archipel') return library.startsWith('pg') ? 'pg' : library
  const inside = (folder: string) => path.slice(path.indexOf(folder) + folder.length).split('/')
  if (path.includes(FRAMEWORK)) return inside(FRAMEWORK)[0] ?? 'archipel'
  if (path.includes(BOUTIQUE)) {
    const [service = '', file] = inside(BOUTIQUE)
    return `boutique: ${file === undefined ? 'application' : service}`
  }
  if (path.startsWith('node:')) return 'runtime, node'
  return NATIVE[functionName] ?? 'runtime, native'
}

/** Whether it is code of this repository: what it calls in libraries and in the runtime is done for it. */
export function isOurs(room: string): boolean {
  return room.startsWith('boutique: ') || (/^[a-z]+$/.test(room) && FRAMEWORK_ROOMS.has(room))
}
const FRAMEWORK_ROOMS = new Set([
  'environment', 'errors', 'contract', 'resilience', 'telemetry', 'call', 'storage', 'messaging', 'saga', 'service',
  'host', 'gateway', 'application', 'testing', 'cli',
]) // prettier-ignore

const TABLES: readonly (readonly [RegExp, string])[] = [
  [/archipel_(command|idempotency)/, 'storage: idempotency'],
  [/archipel_activities/, 'saga: activities'],
  [/archipel_sagas/, 'saga'],
  [
    /archipel_(bus|handled|open|page|inbox|subscriptions|retries|parked|dead|work|take)|archipel_bus/,
    'messaging',
  ],
  [
    /^(begin|commit|rollback|savepoint|release|set |start transaction|discard|deallocate)/i,
    'storage: transactions',
  ],
]

/** Whose statement it is, by the tables and functions that it names and by the role that sent it. */
export function roomOfStatement(text: string, role: string, database: string): string {
  if (database.endsWith('_provider')) return 'boutique: provider'
  if (database.endsWith('_mailbox')) return 'boutique: mailbox'
  const room = TABLES.find(([pattern]) => pattern.test(text))?.[1]
  if (room !== undefined) return room
  const service = serviceOf(role)
  return service === undefined ? 'messaging' : `boutique: ${service}`
}

/** Of the role of a service's connection. */
export function serviceOf(role: string): string | undefined {
  const service = /^boutique_([^_]+)/.exec(role)?.[1]
  return service === 'bus' ? undefined : service
}
