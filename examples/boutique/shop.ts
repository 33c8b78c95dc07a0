import { component, type Component, type Place } from 'archipel'
import { fillDemonstration } from './demo/fill.ts'
import type { Mailbox } from './mailbox/index.ts'
import { mailboxOperations } from './mailbox/operations.ts'
import type { MailSender } from './notifications/mail-sender.ts'
import { createSmtpSender } from './notifications/smtp-sender.ts'
import { createProviderClient, type ProviderClient } from './payments/provider-client.ts'
import { startProvider, type Provider } from './provider/index.ts'
import { mailSettings, withoutPassword, type MailSettings } from './mail-settings.ts'

/** The card processor that stands in for a real one, in the host of the shop, and the way to it. */
export interface ProviderBeside {
  readonly client: ProviderClient
  /** Where it listens, once it is started. */
  url(): string
  /** As a component on the third port, with a database of its own. */
  component(place: Place): Component
}

const ANSWER_WITHIN_MS = 2_000

/**
 * @param options.answerWithinMs how long payments wait for an answer before they look it up. Default 2000.
 * @param options.slowMs how late the processor answers its slow cards. Default 5000.
 */
export function createProviderBeside(
  options: { answerWithinMs?: number; slowMs?: number } = {},
): ProviderBeside {
  const { answerWithinMs = ANSWER_WITHIN_MS, slowMs } = options
  let provider: Provider | undefined
  const url = () => {
    if (!provider) throw new Error('the payment provider has not started yet')
    return provider.url
  }
  return {
    client: createProviderClient({ url, timeoutMs: answerWithinMs }),
    url,
    component: (place) =>
      component('provider', {
        independent: true,
        async start() {
          const connectionString = await place.database('provider')
          provider = await startProvider({
            connectionString,
            port: place.port(2),
            log: (line) => place.telemetry.log.warn(line),
            ...(slowMs !== undefined && { slowMs }),
          })
        },
        close: async () => provider?.close(),
      }),
  }
}

/** The mailbox takes a letter in milliseconds, of a processor that orders need as well; what is far away takes longer. */
const LOCAL_CONNECTIONS = 2
const DISTANT_CONNECTIONS = 8
/** So many that letters of the same moment are taken and settled together. */
const LETTERS_AT_ONCE = 16

/** The way to a mail server: a real one, or the local mailbox in the host of the shop. */
export interface MailBeside {
  readonly sender: MailSender
  /** Where letters go, once it is started; without the password. */
  url(): string
  /** The local mailbox on the fourth port, with a database of its own; nothing of it where a real server is given. */
  component(place: Place): Component
}

/** @param options.server a real mail server as a URL, instead of the local mailbox. */
export function createMailBeside({ server, from }: MailSettings = mailSettings({})): MailBeside {
  let mailbox: Mailbox | undefined
  const started = () => {
    if (!mailbox) throw new Error('the local mailbox has not started yet')
    return mailbox
  }
  const url = () => server ?? started().url
  const connections = server === undefined ? LOCAL_CONNECTIONS : DISTANT_CONNECTIONS
  const sender = createSmtpSender({ url, from, connections, atOnce: LETTERS_AT_ONCE })
  return {
    sender,
    url: () => withoutPassword(url()),
    component: (place) =>
      server === undefined
        ? component('mailbox', {
            independent: true,
            async start() {
              // Its mail server is read while the database answers others, and not at all where a real one is given.
              const { startMailbox } = await import('./mailbox/index.ts')
              mailbox = await startMailbox({
                connection: await place.database('mailbox'),
                port: place.port(3),
                log: (line) => place.telemetry.log.warn(line),
              })
            },
            async close() {
              sender.close()
              await mailbox?.close()
            },
            operations: mailboxOperations(started),
          })
        : component('mail', { close: async () => sender.close() }),
  }
}

/** Fills an empty shop before its doors open. */
export function demonstration(place: Place): Component {
  return component('demonstration', {
    start: async () => void (await fillDemonstration(place.client, place.dataFolder)),
  })
}
