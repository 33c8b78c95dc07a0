import { createHash } from 'node:crypto'
import { z } from 'zod'
import { EXIT, ImportFailure } from '../import-failure.ts'
import {
  createPatientClient,
  problemIn,
  problemText,
  type PatientClientOptions,
  type Reply,
  type Request,
} from './patient-client.ts'

/** The shop's public door for one trader, who is signed in as often as it takes. */
export interface TradeClient {
  /** A query. @returns the body of its answer. @throws ImportFailure */
  get(path: string): Promise<unknown>
  /**
   * A command, under a key that is made of its name and its content: sent again, by this process or a later one, it is
   * done once.
   * @param name what it is about in the file's own words, such as `order/536365`.
   * @throws ImportFailure
   */
  send(path: string, name: string, body: unknown): Promise<Answer>
  /** Requests that had no answer for good and were sent again. */
  repeats(): number
  close(): Promise<void>
}

export type Answer = { readonly done: true; readonly body: unknown } | (Refusal & { readonly done: false })

/** The shop understood and said no: asking again would not help. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly details: unknown
}

export interface TradeClientOptions extends PatientClientOptions {
  readonly email: string
  readonly password: string
}

const Session = z.object({ token: z.string() })
/** The clock of a shop may jump while somebody signs in; who is no trader is told so in the end. */
const MOST_RENEWALS = 4

export function createTradeClient(options: TradeClientOptions): TradeClient {
  const { target } = options
  const shop = createPatientClient(options)
  let signedIn: Promise<string> | undefined

  async function signIn(): Promise<string> {
    const { email, password } = options
    const reply = await shop.ask({
      method: 'POST',
      path: '/sessions',
      body: JSON.stringify({ email, password }),
    })
    if (reply.status !== 201)
      throw new ImportFailure(EXIT.notAllowed, `${email} can't sign in at ${target}: ${problemText(reply)}`)
    return Session.parse(reply.body).token
  }

  /** Tokens are good for an hour; when one has run out, the first who is told so signs in for all. */
  async function signedInAs(request: Request): Promise<Reply> {
    for (let renewals = 0; ; renewals++) {
      const session = (signedIn ??= signIn())
      const reply = await shop.ask({ ...request, token: await session })
      if (reply.status !== 401 || renewals === MOST_RENEWALS) return allowed(reply)
      if (signedIn === session) signedIn = undefined
    }
  }

  function allowed(reply: Reply): Reply {
    if (reply.status !== 401 && reply.status !== 403) return reply
    throw new ImportFailure(
      EXIT.notAllowed,
      `${options.email} may not import at ${target}: ${problemText(reply)}; it needs the role trade`,
    )
  }

  return {
    async get(path) {
      const reply = await signedInAs({ method: 'GET', path })
      if (reply.status === 200) return reply.body
      throw new ImportFailure(EXIT.bug, `GET ${path} was answered ${reply.status}: ${problemText(reply)}`)
    },
    async send(path, name, content) {
      const body = JSON.stringify(content)
      const reply = await signedInAs({ method: 'POST', path, body, key: keyOf(name, body) })
      if (reply.status < 300) return { done: true, body: reply.body }
      const problem = problemIn(reply)
      if (problem === undefined)
        throw new ImportFailure(
          EXIT.bug,
          `POST ${path} was answered ${reply.status}: is ${target} a boutique?`,
        )
      const { code, detail = '', details } = problem
      return { done: false, code, message: detail, details }
    },
    repeats: shop.repeats,
    close: shop.close,
  }
}

/** By content too: what another file says about the same thing is another command. */
function keyOf(name: string, body: string): string {
  return `import/${encodeURIComponent(name)}/${createHash('sha256').update(body).digest('hex').slice(0, 32)}`
}
