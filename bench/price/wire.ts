import { subscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'

/** What went through the sockets of one kind. */
export interface Traffic {
  readonly who: string
  /** Of PostgreSQL: how often the server said that it waits for more. Of HTTP: requests. */
  readonly roundTrips: number
  /** Those after which no transaction was open. */
  readonly transactions: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

interface Counted {
  readonly who: string
  readonly socket: () => Socket | undefined
  roundTrips: number
  transactions: number
}

/** Counts on every connection of this process from now on, by who logs in. @returns the sums until now. */
export function watchWire(): () => Traffic[] {
  const counted: Counted[] = []
  watchPostgres(counted)
  watchHttp(counted)
  return () =>
    counted.map(({ who, roundTrips, transactions, socket }) => ({
      who,
      roundTrips,
      transactions,
      sentBytes: socket()?.bytesWritten ?? 0,
      receivedBytes: socket()?.bytesRead ?? 0,
    }))
}

function watchPostgres(counted: Counted[]): void {
  const { prototype } = pg.Client
  const connect: unknown = Reflect.get(prototype, 'connect')
  if (typeof connect !== 'function') throw new Error('pg has no connect')
  Reflect.set(prototype, 'connect', function (this: pg.Client, ...given: unknown[]): unknown {
    const connection: unknown = Reflect.get(this, 'connection')
    if (connection instanceof EventEmitter) {
      const socket = () => {
        const stream: unknown = Reflect.get(connection, 'stream')
        return stream instanceof Socket ? stream : undefined
      }
      const one: Counted = { who: String(this.user), socket, roundTrips: 0, transactions: 0 }
      if (this.database?.includes('_') === true) Reflect.set(one, 'who', this.database)
      counted.push(one)
      connection.on('readyForQuery', (message: { status?: string }) => {
        one.roundTrips++
        if (message.status === 'I') one.transactions++
      })
    }
    return Reflect.apply(connect, this, given)
  })
}

function watchHttp(counted: Counted[]): void {
  const known = new Map<Socket, Counted>()
  subscribe('http.server.request.start', (message) => {
    const socket: unknown = Reflect.get(Object(message), 'socket')
    const port: unknown = socket instanceof Socket ? socket.localPort : undefined
    if (!(socket instanceof Socket)) return
    let one = known.get(socket)
    if (one === undefined) {
      one = { who: `http :${String(port)}`, socket: () => socket, roundTrips: 0, transactions: 0 }
      known.set(socket, one)
      counted.push(one)
    }
    one.roundTrips++
  })
}
