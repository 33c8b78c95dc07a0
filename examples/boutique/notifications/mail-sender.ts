/** A message in plain text to one person. */
export interface Letter {
  /** With brackets, the same in each try. */
  readonly messageId: string
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
}

/** What the mail server decided; anything else is thrown. */
export type MailOutcome =
  | { readonly status: 'sent' }
  /** For good: there is no such recipient, or it takes no such message. */
  | { readonly status: 'refused'; readonly reason: string }

/** The way to the mail server, as notifications see it. */
export interface MailSender {
  /** How many letters it is given at once: after a crash nobody knows of so many whether they were sent. */
  readonly atOnce: number
  /**
   * Sends once. @throws NotSentError when it is certain that the server did not accept the message; anything else leaves
   * it unknown.
   */
  send(letter: Letter, signal: AbortSignal): Promise<MailOutcome>
  /** Ends the connections that are kept. */
  close(): void
}

/** The message has certainly not been accepted, and may be by another try. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}
