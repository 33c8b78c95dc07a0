// What a stranger writes first: a contract, a service, an application. Compiled and run against the installed package.
import { application, contract, query, service } from 'archipel'
import { z } from 'zod'

const greetings = contract('greetings', {
  version: '1.0.0',
  operations: {
    greet: query({
      http: { route: 'GET /greetings/{name}' },
      access: 'public',
      input: z.object({ name: z.string() }),
      output: z.object({ text: z.string() }),
    }),
  },
})

const greetingsService = service(greetings, {}).operation('greet', async ({ name }) => ({
  text: `Hello, ${name}`,
}))

const hello = application('hello', { services: [greetingsService] })

console.log(`${hello.name}: ${hello.services.map((one) => one.contract.name).join(', ')}`)
