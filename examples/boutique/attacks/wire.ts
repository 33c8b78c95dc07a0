import { connect, type Socket } from 'node:net'

/** What came back on a connection, and whether the other side closed it. */
export interface Heard {
  readonly text: string
  readonly closed: boolean
}

/** Where a door is, for who speaks to it in bytes. */
export function portOf(origin: string): number {
  return Number(new URL(origin).port)
}

/** Sends bytes and listens until the other side closes, or has been quiet for `quietMs`. */
export function sendBytes(origin: string, bytes: string | Buffer, quietMs = 400): Promise<Heard> {
  return new Promise((resolve) => {
    const heard: Buffer[] = []
    const socket = dial(origin)
    const done = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text: Buffer.concat(heard).toString('latin1'), closed })
    }
    let timer = setTimeout(() => done(false), quietMs + 2_000)
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      clearTimeout(timer)
      timer = setTimeout(() => done(false), quietMs)
    })
    socket.on('close', () => done(true))
    // Whoever is cut off while still speaking hears no more than that.
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })
}

/** A connection that is none of a client's: nothing is sent that nobody asked for, and no error ends the attack. */
export function dial(origin: string): Socket {
  const socket = connect(portOf(origin), '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** A request as text: a line, headers, and what follows them. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: shop.example', ...headers, '', body].join('\r\n')
}

/** The statuses of the answers in what came back, in their order. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
}
