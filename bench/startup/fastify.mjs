import { fastify } from 'fastify'

const server = fastify()
server.get('/hello', async () => ({ hello: 'world' }))

process.on('SIGTERM', () => process.exit())
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
