import { z } from 'zod'
import { command, contract, query } from '../../contract/index.ts'
import { activity } from '../index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_TClaim extends true>(): void {}

const input = z.object({ id: z.string() })
const people = contract('people', {
  version: '1.0.0',
  operations: {
    getContact: query({ access: 'internal', input, output: z.object({ email: z.string() }) }),
    forget: command({ access: 'internal', input, output: z.object({}) }),
  },
  events: {},
})
const output = z.object({ sent: z.boolean() })

activity('send', { input, output, uses: { people }, effects: { post: (to: string) => to } })
  // @ts-expect-error no clients inside a transaction
  .intend(async ({ id }, { people }) => ({ id, people }))
activity('send', { input, output, uses: { people }, effects: { post: (to: string) => to } })
  .intend(async ({ id }) => ({ id }))
  .effect(async ({ id }, { people, post, key, nothingSent }) => {
    const contact = await people.getContact({ id })
    holds<Equal<typeof contact, { email: string }>>()
    // @ts-expect-error the input of a query is typed
    void people.getContact({})
    // @ts-expect-error an effect reads only: a command belongs into a saga
    void people.forget
    holds<Equal<typeof key, string>>()
    if (id === '') throw nothingSent('no address')
    return { to: post(contact.email) }
  })
  // @ts-expect-error nor in the transaction that settles
  .settle(async (_outcome, { people }) => ({ sent: people !== undefined }))

activity('send', { input, output })
  .intend(async ({ id }) => ({ id }))
  // @ts-expect-error nothing is used, so nobody is there
  .effect(async ({ id }, { people }) => ({ id, people }))
