import { randomUUID } from 'node:crypto'
import { fetch, type Response } from 'undici'

/** An answer at a door, with its body as JSON where it is that. */
export interface Answer {
  readonly status: number
  readonly headers: Response['headers']
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read the fields they name and compare them
  readonly body: any
  /** The body, when the status is this one. @throws with the whole answer otherwise. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the same
  expect(status: number): any
}

export interface Item {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** A stream of events from its beginning to its end. */
export interface Followed {
  readonly status: number
  readonly items: readonly Item[]
  /** Everything that came, comments included. */
  readonly text: string
}

/** One way in: the same requests, with or without a token. */
export interface Door {
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  get(path: string): Promise<Answer>
  /** With an idempotency key of its own unless one is given. */
  post(path: string, body: unknown, key?: string): Promise<Answer>
  put(path: string, body: unknown, key?: string): Promise<Answer>
  follow(path: string, options?: FollowOptions): Promise<Followed>
}

interface AskOptions {
  /** Sent as it is. */
  readonly raw?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

interface FollowOptions {
  readonly lastEventId?: string
  /** Told of each item as it comes. */
  readonly onItem?: (item: Item) => void
  /** Leaves the stream after this item. */
  readonly until?: (item: Item) => boolean
  /** Leaves the stream. */
  readonly signal?: AbortSignal
}

const WITHIN_MS = 20_000

export function connectTo(base: string, token?: string): Door {
  const credentials: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }

  async function ask(method: string, path: string, { raw, headers = {} }: AskOptions = {}): Promise<Answer> {
    const response = await fetch(base + path, {
      method,
      headers: { ...credentials, ...headers },
      signal: AbortSignal.timeout(WITHIN_MS),
      ...(raw !== undefined && { body: raw }),
    })
    const text = await response.text()
    const body = /\bjson\b/.test(response.headers.get('content-type') ?? '')
      ? (JSON.parse(text) as unknown)
      : undefined
    return {
      status: response.status,
      headers: response.headers,
      text,
      body,
      expect(status) {
        if (response.status !== status)
          throw new Error(`${method} ${path}: ${response.status} instead of ${status}: ${text}`)
        return body
      },
    }
  }

  const send =
    (method: string) =>
    (path: string, body: unknown, key: string = randomUUID()) =>
      ask(method, path, {
        raw: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
      })

  return {
    ask,
    get: (path) => ask('GET', path),
    post: send('POST'),
    put: send('PUT'),
    async follow(path, { lastEventId, onItem, until, signal } = {}) {
      const response = await fetch(base + path, {
        headers: {
          ...credentials,
          accept: 'text/event-stream',
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        signal: AbortSignal.any([AbortSignal.timeout(WITHIN_MS), ...(signal ? [signal] : [])]),
      })
      return { status: response.status, ...(await readItems(response, onItem, until)) }
    },
  }
}

/** Reads server-sent events until the stream ends, is cut, or no more is wanted. */
async function readItems(
  response: Response,
  onItem: FollowOptions['onItem'],
  until: FollowOptions['until'],
): Promise<Pick<Followed, 'items' | 'text'>> {
  const items: Item[] = []
  let text = ''
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    const part = decoder.decode(chunk as Uint8Array, { stream: true })
    text += part
    const blocks = (rest + part).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const item of blocks.map(parsed).filter((block) => block !== undefined)) {
      items.push(item)
      onItem?.(item)
      if (until?.(item)) return { items, text }
    }
  }
  return { items, text }
}

function parsed(block: string): Item | undefined {
  const fields = new Map(
    block
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const),
  )
  const data = fields.get('data')
  return data === undefined
    ? undefined
    : { id: fields.get('id'), event: fields.get('event') ?? 'message', data }
}
