import { join } from 'node:path'
import type { RunningApplication } from 'archipel'

/** What somebody reads who has just started the shop: what it is, where it is, and a line that places an order. */
export function welcome(shop: RunningApplication, outside: { provider: string; mail: string }): string {
  const accounts = join(shop.dataFolder, 'demo-accounts.json')
  const password = `node -p "require('${accounts}').find(a => a.role === 'customer').password"`
  return `
The boutique is open: an e-commerce platform on Archipel, in one process, with a PostgreSQL of its own.

  API         ${shop.url}/api/v1      described at ${shop.url}/openapi.json
  operations  ${shop.operationsUrl}             token in ${join(shop.dataFolder, 'operations-token')}
  processor   ${outside.provider}             stands in for a card processor
  mail        ${outside.mail}             read at ${shop.operationsUrl}/mail, unless SMTP_URL is set
  accounts    ${accounts}

Sign in and place an order:

  TOKEN=$(curl -s ${shop.url}/api/v1/sessions -H 'content-type: application/json' \\
    -d "{\\"email\\":\\"customer@boutique.example\\",\\"password\\":\\"$(${password})\\"}" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -si ${shop.url}/api/v1/orders -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -H 'idempotency-key: my-first-order' -d '{"lines":[{"sku":"MUG-01","quantity":2}],"payment":{"token":"tok_ok"}}'

Ctrl-C stops all of it and loses nothing.
`
}
