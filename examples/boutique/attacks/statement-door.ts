import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { readAdminConnection } from '../drill/shop-database.ts'
import type { Dice } from '../drill/random.ts'
import { createMessageReader } from './statements.ts'

/** A doorkeeper before PostgreSQL, through whom every statement of the shop goes. */
export interface StatementDoor extends AsyncDisposable {
  /** From now on something befalls some of the statements, and nothing any more. */
  befall(isOn: boolean): void
  /** Stands before the door again: a server that was started anew has a socket of its own. */
  standHere(): Promise<void>
  /** How many statements passed, how many never arrived, arrived and were never answered, or came late. */
  readonly fates: Readonly<Record<Fate, number>>
  /** How many kinds of statement something befell. */
  readonly kinds: number
}

type Fate = 'passed' | 'unsent' | 'unanswered' | 'late'

/** Of a statement in general, and of a COMMIT: whose answer is lost most is worth most. */
const CUT = 0.006
const CUT_COMMIT = 0.03
const LATEST_MS = 400
const ASIDE = 1

/**
 * Takes the place of the server's socket, and moves that one aside. Between any two statements of a connection it may
 * end: before the latter arrives, or after, so that its answer is lost.
 */
export async function openStatementDoor(dataFolder: string, dice: Dice): Promise<StatementDoor> {
  const admin = await readAdminConnection(dataFolder)
  const socket = (port: number) => join(admin.host, `.s.PGSQL.${port}`)
  const [front, aside] = [socket(admin.port), socket(admin.port + ASIDE)]
  const fates: Record<Fate, number> = { passed: 0, unsent: 0, unanswered: 0, late: 0 }
  const kinds = new Set<string>()
  const open = new Set<Socket>()
  let isOn = false

  function fateOf(statement: string): Fate {
    const cut = /^\s*commit/i.test(statement) ? CUT_COMMIT : CUT
    const drawn = isOn ? dice.next() / cut : Infinity
    const fate = drawn < 0.3 ? 'unsent' : drawn < 0.8 ? 'unanswered' : drawn < 1 ? 'late' : 'passed'
    fates[fate]++
    if (fate !== 'passed') kinds.add(statement)
    return fate
  }

  /** @returns false: this was the last of the connection. */
  async function pass(bytes: Buffer, statement: string | undefined, client: Socket, server: Socket) {
    const fate = statement === undefined ? 'passed' : fateOf(statement)
    if (fate === 'late') await sleep(dice.between(1, LATEST_MS))
    if (fate !== 'unsent') server.write(bytes)
    if (fate === 'passed' || fate === 'late') return true
    client.destroy()
    // What has arrived is done; its answer is read by nobody.
    server.end()
    return false
  }

  async function carry(client: Socket): Promise<void> {
    const server = createConnection(aside)
    for (const side of [client, server]) {
      open.add(side.on('error', () => undefined).on('close', () => open.delete(side)))
    }
    client.on('close', () => server.end())
    server.on('close', () => client.destroy())
    server.on('data', (bytes) => void client.write(bytes))
    const read = createMessageReader()
    for await (const chunk of client) {
      for (const { bytes, statement } of read(Buffer.from(chunk)))
        if (!(await pass(bytes, statement, client, server))) return
    }
  }

  const door = createServer((client) => void carry(client).catch(() => client.destroy()))

  async function standHere(): Promise<void> {
    await rename(front, aside)
    await close()
    door.listen(front)
    await once(door, 'listening')
    await sendAllBy(aside)
  }

  /** Whatever lies at the front goes with it. */
  async function close(): Promise<void> {
    for (const side of open) side.destroy()
    if (door.listening) await new Promise((resolve) => door.close(resolve))
  }

  /** Connections from before are ended: those that take their place go through the door. */
  async function sendAllBy(path: string): Promise<void> {
    const pool = new Pool({ ...admin, port: admin.port + ASIDE, max: 1 }).on('error', () => undefined)
    try {
      await pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      )
    } catch (cause) {
      throw new Error(`nobody answers at ${path}`, { cause })
    } finally {
      await pool.end()
    }
  }

  await standHere()
  return {
    befall: (now) => void (isOn = now),
    standHere,
    fates,
    get kinds() {
      return kinds.size
    },
    async [Symbol.asyncDispose]() {
      isOn = false
      await close()
      await rename(aside, front).catch(() => undefined)
    },
  }
}
