import { ServiceBroker } from 'moleculer'
import ApiGateway from 'moleculer-web'

const broker = new ServiceBroker({ logger: false })
broker.createService({ name: 'hello', actions: { hello: () => ({ hello: 'world' }) } })
broker.createService({
  name: 'api',
  mixins: [ApiGateway],
  settings: {
    port: Number(process.env.PORT),
    ip: '127.0.0.1',
    routes: [{ path: '/', aliases: { 'GET hello': 'hello.hello' } }],
  },
})

process.on('SIGTERM', () => process.exit())
await broker.start()
