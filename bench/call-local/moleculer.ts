import { ServiceBroker } from 'moleculer'
import { answerRunner } from '../harness/answer-runner.ts'
import { quote, timeCalls, type Quote, type QuoteRequest, type Timing } from './caller.ts'

// As it comes, but silent: parameters are validated by its default validator, metrics and tracing are off.
const broker = new ServiceBroker({
  nodeID: 'bench',
  logger: false,
  validator: process.env['BENCH_VALIDATION'] !== 'off',
})

broker.createService({
  name: 'prices',
  actions: {
    quote: {
      params: {
        sku: { type: 'string', min: 1, max: 40 },
        quantity: { type: 'number', integer: true, min: 1, max: 100_000 },
      },
      handler: (context: { params: QuoteRequest }) => quote(context.params),
    },
  },
})

broker.createService({
  name: 'caller',
  actions: {
    measure: {
      params: { calls: 'number' },
      handler: (context: { params: { calls: number } }): Promise<Timing> =>
        timeCalls(
          (request) => broker.call<Quote, QuoteRequest>('prices.quote', request),
          context.params.calls,
        ),
    },
  },
})

await broker.start()
const refused = await broker.call('prices.quote', { sku: '', quantity: 0 }).then(
  () => false,
  () => true,
)
if (refused !== (process.env['BENCH_VALIDATION'] !== 'off')) throw new Error('validation is not as asked for')

answerRunner(
  { calls: (calls: number) => broker.call<Timing, { calls: number }>('caller.measure', { calls }) },
  () => broker.stop(),
)
