import { Readable } from 'node:stream'
import type { Letter, MailOutcome, MailSender } from './mail-sender.ts'
import { NotSentError } from './mail-sender.ts'
import { createSlots } from './slots.ts'

export interface SmtpOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. Asked at the first letter. */
  readonly url: () => string
  /** The address that letters come from. */
  readonly from: string
  /** How many connections are kept: so many letters are on their way at once. */
  readonly connections: number
  /** How many letters are taken at once; the others of them wait here for a connection. */
  readonly atOnce: number
}

/** Less than an activity's try may take, so that what stalls ends here and is judged here. */
const TIMES = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 12_000 }

/** Sends by SMTP over connections that are kept. Nothing is ever repeated in here. */
export function createSmtpSender({ url, from, connections, atOnce }: SmtpOptions): MailSender {
  const slots = createSlots(connections)
  /** Letters on their way, by Message-ID: once the content is read, some of it may have left. */
  const onTheirWay = new Map<string, { readonly text: string; content?: Readable }>()
  let transport: ReturnType<typeof open> | undefined

  async function open() {
    // Loaded with the first letter: the shop starts without it.
    const [{ createTransport }, { encode, wrap }] = await Promise.all([
      import('nodemailer'),
      import('nodemailer/lib/qp'),
    ])
    const opened = createTransport(
      {
        url: url(),
        pool: true,
        maxConnections: connections,
        maxMessages: Infinity,
        // A connection that ends leaves its letter unknown: who sends it again is decided elsewhere.
        maxRequeues: 0,
        disableFileAccess: true,
        disableUrlAccess: true,
        ...TIMES,
      },
      { from: { name: 'The Boutique', address: from } },
    )
    // Composed at once: the streams that do it piece by piece cost a quarter of all that a letter costs.
    opened.use('stream', ({ message, data }, done) => {
      const letter = onTheirWay.get(data.messageId ?? '')
      if (!letter) return done(new Error('a letter that nobody sends'))
      const body = wrap(encode(letter.text))
      const content = Readable.from(Buffer.from(`${message.buildHeaders()}\r\n\r\n${body}`))
      letter.content = content
      Object.assign(message, { createReadStream: () => content })
      done()
    })
    return opened
  }

  /** One that could not be made is made anew for the next letter. */
  function opened() {
    transport ??= open().catch((error: unknown) => {
      transport = undefined
      throw error
    })
    return transport
  }

  async function sendNow(letter: Letter, signal: AbortSignal): Promise<MailOutcome> {
    const { messageId, to, subject, text } = letter
    const sending: { readonly text: string; content?: Readable } = { text }
    onTheirWay.set(messageId, sending)
    try {
      const mailer = await opened()
      await mailer.sendMail({ messageId, to, subject, text, signal, textEncoding: 'quoted-printable' })
      return { status: 'sent' }
    } catch (error) {
      return outcomeOf(error, sending.content?.readableDidRead ?? false)
    } finally {
      onTheirWay.delete(messageId)
    }
  }

  return {
    atOnce,
    async send(letter, signal) {
      using _slot = await slots.take(signal).catch((error: unknown) => {
        throw new NotSentError('the mail server is busy', { cause: error })
      })
      return await sendNow(letter, signal)
    },
    close: () => void transport?.then((mailer) => mailer.close()).catch(() => undefined),
  }
}

/** What a failure says about a letter. @param begun whether some of its content may have left. */
export function outcomeOf(failure: unknown, begun: boolean): MailOutcome {
  const { message, responseCode, command } = failureOf(failure)
  const answered = responseCode !== undefined && (command === 'RCPT TO' || command === 'DATA')
  if (answered && responseCode >= 500) return { status: 'refused', reason: message }
  // Whatever the server answers with a number below is no acceptance; before the content nothing can be accepted.
  if (answered || !begun) throw new NotSentError(message, { cause: failure })
  throw failure
}

interface SmtpFailure {
  readonly message: string
  readonly responseCode: number | undefined
  readonly command: string | undefined
}

function failureOf(failure: unknown): SmtpFailure {
  if (!(failure instanceof Error))
    return { message: String(failure), responseCode: undefined, command: undefined }
  const code: unknown = Reflect.get(failure, 'responseCode')
  const command: unknown = Reflect.get(failure, 'command')
  return {
    message: failure.message,
    responseCode: typeof code === 'number' ? code : undefined,
    command: typeof command === 'string' ? command : undefined,
  }
}
