import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Dice } from '../drill/random.ts'

/** A mail server in every bad mood that a server can be in. */
export interface SurlyMailServer extends AsyncDisposable {
  readonly url: string
  /** From now on in a bad mood at each connection, or a good one. */
  befall(isOn: boolean): void
  readonly moods: ReadonlyMap<Mood, number>
}

const MOODS = [
  /** Hangs up before a word is said. */
  'hangs up',
  'comes later',
  'has no room',
  'knows nobody',
  /** Answers what no client understands. */
  'garbles',
  /** Never says a word more once it has the letter. */
  'falls silent',
  /** Hangs up once it has the letter. */
  'takes and hangs up',
] as const
type Mood = (typeof MOODS)[number] | 'good'

/** What it says to a command, by mood; elsewhere it behaves. */
const ANSWERS: Readonly<Partial<Record<Mood, Readonly<Record<string, string>>>>> = {
  'comes later': { HELLO: '421 come later' },
  'has no room': { RCPT: '452 no room' },
  'knows nobody': { RCPT: '550 nobody of that name' },
  garbles: { EHLO: '\u0000\u00ff banana', MAIL: '999 perhaps' },
}
const GOOD: Readonly<Record<string, string>> = {
  HELLO: '220 surly',
  EHLO: '250 surly',
  HELO: '250 surly',
  MAIL: '250 so be it',
  RCPT: '250 so be it',
  DATA: '354 go on',
  RSET: '250 so be it',
  NOOP: '250 so be it',
  QUIT: '221 bye',
  END: '250 taken',
}

export async function openSurlyMailServer(dice: Dice): Promise<SurlyMailServer> {
  const moods = new Map<Mood, number>()
  const open = new Set<Socket>()
  let isOn = false

  function draw(): Mood {
    const mood = isOn ? dice.pick(MOODS) : 'good'
    moods.set(mood, (moods.get(mood) ?? 0) + 1)
    return mood
  }

  async function talk(socket: Socket): Promise<void> {
    let mood = draw()
    if (mood === 'hangs up') return void socket.destroy()
    const say = (word: string) => {
      const text = ANSWERS[mood]?.[word] ?? GOOD[word] ?? '500 what?'
      socket.write(`${text}\r\n`)
    }
    say('HELLO')
    let isLetter = false
    for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
      const word = line.slice(0, 4).toUpperCase()
      if (isLetter && line !== '.') continue
      if (isLetter && mood === 'falls silent') continue
      if (isLetter && mood === 'takes and hangs up') return void socket.destroy()
      say(isLetter ? 'END' : word)
      // A connection is kept for further letters: each is a new chance.
      if (isLetter) mood = draw()
      isLetter = !isLetter && word === 'DATA'
      if (word === 'QUIT') socket.end()
    }
  }

  const server = createServer((socket) => {
    open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)))
    void talk(socket).catch(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    befall: (now) => void (isOn = now),
    moods,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
