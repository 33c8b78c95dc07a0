import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { application, contract, gateway, query, service, startApplication } from 'archipel'
import { z } from 'zod'
import { answerRunner } from '../harness/answer-runner.ts'
import { quote, timeCalls } from './caller.ts'

const prices = contract('prices', {
  version: '1.0.0',
  operations: {
    quote: query({
      access: 'internal',
      input: z.object({ sku: z.string().min(1).max(40), quantity: z.int().min(1).max(100_000) }),
      output: z.object({ sku: z.string(), quantity: z.int(), total: z.int() }),
    }),
  },
  events: {},
})

const pricesService = service(prices, {}).operation('quote', async (request) => quote(request))

const dataFolder = await mkdtemp(join(tmpdir(), 'archipel-bench-'))
// PostgreSQL runs as another user where we are root.
await chmod(dataFolder, 0o755)
const running = await startApplication(
  application('benchcalls', { services: [pricesService], gateway: gateway() }),
  {
    dataFolder,
    port: 0,
  },
)
const client = running.client(prices)

answerRunner({ calls: (calls: number) => timeCalls((request) => client.quote(request), calls) }, async () => {
  await running.stop()
  await rm(dataFolder, { recursive: true, force: true })
})
