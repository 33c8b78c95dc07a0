import { command, contract, event, query } from 'archipel'
import { z } from 'zod'

export const Greeting = z.object({ name: z.string(), greeted: z.int() })

export const greetings = contract('greetings', {
  version: '1.0.0',
  operations: {
    greet: command({
      http: { route: 'POST /greetings', status: 201 },
      access: 'public',
      input: z.object({ name: z.string() }),
      output: Greeting,
    }),
    countHeard: query({
      http: { route: 'GET /heard' },
      access: 'public',
      input: z.object({}),
      output: z.object({ heard: z.int() }),
    }),
  },
  events: { greeted: event({ data: Greeting, key: 'name', version: 1 }) },
})
