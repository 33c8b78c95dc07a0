import { expect, test } from 'vitest'
import { NotSentError } from './mail-sender.ts'
import { outcomeOf } from './smtp-sender.ts'

const failure = (facts: { code: string; command?: string; responseCode?: number }) =>
  Object.assign(new Error(`${facts.code} ${facts.responseCode ?? ''}`), facts)

/** What the server said, whether the content had begun to leave, and what that means. */
const cases = [
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, false, 'refused'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 451 }, false, 'not sent'],
  // Our own sender or password is wrong: somebody mends it, and the letter is still good.
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 553 }, false, 'not sent'],
  [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 }, false, 'not sent'],
  [{ code: 'EENVELOPE', command: 'DATA', responseCode: 554 }, false, 'refused'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 552 }, true, 'refused'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 451 }, true, 'not sent'],
  [{ code: 'ESOCKET', command: 'CONN' }, false, 'not sent'],
  [{ code: 'ETIMEDOUT', command: 'CONN' }, false, 'not sent'],
  [{ code: 'ECONNECTION', command: 'CONN' }, true, 'unknown'],
  [{ code: 'ETIMEDOUT', command: 'CONN' }, true, 'unknown'],
  // The server said goodbye in the middle of the content: nobody knows what it made of it.
  [{ code: 'ECONNECTION', command: 'CONN', responseCode: 421 }, true, 'unknown'],
] as const

test.each(cases)('%j, begun: %s: %s', (facts, begun, meaning) => {
  const cause = failure(facts)
  const judged = () => outcomeOf(cause, begun)
  if (meaning === 'refused') expect(judged()).toEqual({ status: 'refused', reason: cause.message })
  else if (meaning === 'not sent') expect(judged).toThrow(NotSentError)
  else expect(judged).toThrow(cause)
})
