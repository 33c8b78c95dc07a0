import { createServer } from 'node:http'

export function create() {
  return createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"hello":"world"}')
  })
}
