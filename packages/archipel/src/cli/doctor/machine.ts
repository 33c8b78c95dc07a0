import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { systemFiles } from '../../environment/index.ts'
import { fault, messageOf, ok, warning, type Finding } from './checks.ts'

const NODE_MAJOR = 24
const MEBIBYTE = 1024 * 1024
/** A write-ahead log of PostgreSQL needs some hundred megabytes before it is recycled. */
const LEAST_MEBIBYTES = 256
const FEW_MEBIBYTES = 2_048
/** Nothing of this was written before. */
const EARLIEST = Date.UTC(2026, 0, 1)

export function checkNode(version: string = process.versions.node): Finding {
  const enough = Number(version.split('.')[0]) >= NODE_MAJOR
  return enough
    ? ok('Node.js', version)
    : fault('Node.js', version, `Install Node.js ${NODE_MAJOR} or later, and put it first in PATH.`)
}

/** Whether this user can keep data there. */
export async function checkFolder(folder: string): Promise<Finding> {
  const check = 'data folder'
  const facts = await systemFiles.stat(folder)
  if (facts !== undefined && !facts.isFolder)
    return fault(
      check,
      `${folder} is no folder`,
      'Move that file away, or choose a folder with ARCHIPEL_DATA.',
    )
  const place = await existing(folder)
  const writable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!writable)
    return fault(
      check,
      `this user may not write in ${place}`,
      'Run as its owner, change its rights, or choose another with ARCHIPEL_DATA.',
    )
  return ok(check, facts === undefined ? `${folder} will be made` : folder)
}

/** Secrets that others can read are none. */
export async function checkSecrets(paths: readonly string[]): Promise<Finding[]> {
  const open: string[] = []
  for (const path of paths) {
    const facts = await systemFiles.stat(path).catch(() => undefined)
    if (facts !== undefined && (facts.mode & 0o077) !== 0) open.push(path)
  }
  if (process.platform === 'win32' || open.length === 0) return []
  return [
    fault(
      'secrets',
      `others can read ${open.join(', ')}`,
      `chmod 600 ${open.map((path) => `'${path}'`).join(' ')}`,
    ),
  ]
}

export async function checkDisk(folder: string): Promise<Finding> {
  const free = Math.floor(((await systemFiles.freeBytes(await existing(folder))) ?? 0) / MEBIBYTE)
  const found = `${free} MiB free`
  if (free < LEAST_MEBIBYTES)
    return fault(
      'disk',
      found,
      'Make room: PostgreSQL stops when it can write no more. Nothing is lost by that.',
    )
  return free < FEW_MEBIBYTES ? warning('disk', found, 'Make room before it is full.') : ok('disk', found)
}

export function checkClock(now: number): Finding {
  const found = new Date(now).toISOString()
  return now < EARLIEST
    ? fault('clock', found, 'Set the clock of this machine: tokens and times of events depend on it.')
    : ok('clock', found)
}

/** Whether an application could listen; one after the other, as each is only tried for a moment. */
export async function checkPorts(first: number): Promise<Finding> {
  if (first === 0) return ok('ports', 'free ones are taken (PORT=0)')
  const taken: number[] = []
  for (const port of [first, first + 1]) if (!(await isFree(port))) taken.push(port)
  return taken.length === 0
    ? ok('ports', `${first} and ${first + 1} are free`)
    : fault(
        'ports',
        `${taken.join(' and ')} taken by another process`,
        'Stop it, or choose another port with PORT.',
      )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** The folder, or the nearest one above it that is there. */
async function existing(folder: string): Promise<string> {
  const facts = await systemFiles.stat(folder).catch(messageOf)
  return typeof facts === 'object' || dirname(folder) === folder ? folder : existing(dirname(folder))
}
