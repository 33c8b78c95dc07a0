import type { Finding } from '../drill/finding.ts'
import type { Household } from './read-another-belongings.ts'
import { requestText, sendBytes, statusesIn } from './wire.ts'

const bearer = (token: string) => `Authorization: Bearer ${token}`

/** The same path as others write it: what decides who may and what decides where must read it alike. */
function spellings(id: string, own: string): string[] {
  const order = `/orders/${id}`
  return [
    ...[
      '%2f',
      '%2F',
      '%5c',
      ';',
      '%3b',
      '%00',
      '%0d%0a',
      '%20',
      '%09',
      '%23',
      '%3f',
      '%252f',
      '%c0%af',
    ].flatMap((sign) => [`/orders/${own}${sign}..${sign}${id}`, `/orders${sign}${id}`, `${order}${sign}`]),
    ...[
      '/orders/./',
      '/orders//',
      '//orders/',
      '/x/../orders/',
      '/orders/%2e/',
      '/orders/%2e%2e/orders/',
    ].map((start) => start + id),
    `${order}/`,
    `${order}.json`,
    `${order}/events/..`,
    `/orders/${id.toUpperCase()}`,
    `/ORDERS/${id}`,

    `/orders/{${id}}`,
    `/orders/urn:uuid:${id}`,
    `/orders/${id.replaceAll('-', '')}`,
    `/orders/%7b${id}%7d`,
    `/orders/${own}?id=${id}`,
    `/orders?id=${id}`,
    `/orders/${own},${id}`,
    `/orders/${own}%2c${id}`,
    `/orders?customerId=${id}`,
    `/orders?cursor=${id}&cursor=${own}`,
    `/orders?cursor[]=${id}`,
    `/orders/${id}?customerId=${id}&roles=support`,
    `/orders/${id}?access_token=x`,
    `/orders/*`,
    `/orders/${id
      .split('')
      .map((sign) => `%${sign.charCodeAt(0).toString(16)}`)
      .join('')}`,
  ]
}

/** What proxies and frameworks believe about who asks, and for what. */
function claims({ ownerId, ids }: Household): string[] {
  return [
    'X-HTTP-Method-Override: PUT',
    'X-HTTP-Method: HEAD',
    'X-Method-Override: PATCH',
    ...['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Uri'].map(
      (name) => `${name}: /api/v1/orders/${ids.order}`,
    ),
    ...['X-User-Id', 'X-Principal', 'X-Archipel-Principal', 'Archipel-Principal', 'X-Forwarded-User'].map(
      (name) => `${name}: ${ownerId}`,
    ),
    'X-Roles: support',
    'X-Archipel-Caller: orders',
    'Archipel-Caller: operator',
    'Caller: orders',
    'X-Forwarded-For: 127.0.0.1',
    'Forwarded: for=127.0.0.1',
    'X-Real-IP: 127.0.0.1',
    `Cookie: sub=${ownerId}; session=${ownerId}`,
    'Connection: close, Authorization',
  ]
}

/** Asks with every spelling and every claim; nothing of the owner's may be in an answer. */
export async function misspelled(origin: string, home: Household, own: string): Promise<Finding> {
  const id = home.ids.order
  const asked = [
    ...spellings(id, own).map((path) => requestText(`GET /api/v1${path}`, [bearer(home.stranger)])),
    ...claims(home).map((claim) => requestText(`GET /api/v1/orders/${id}`, [bearer(home.stranger), claim])),
    ...claims(home).map((claim) => requestText(`GET /api/v1/orders/${id}`, [claim])),
    requestText(`GET http://127.0.0.1/api/v1/orders/${id}`, [bearer(home.stranger)]),
    requestText(`GET /api/v1/orders/${id}`, [
      bearer(home.stranger),
      bearer(home.owner).replace('Bearer', 'bearer'),
    ]),
    requestText(`GET /api/v1/orders/${id}`, [`Authorization: Bearer ${home.stranger},Bearer ${home.owner}x`]),
  ]
  const wrong: string[] = []
  for (const bytes of asked) {
    const { text } = await sendBytes(origin, bytes, 60)
    const shown = home.secrets.filter((secret) => secret !== id && text.includes(secret))
    if (shown.length > 0) wrong.push(`${bytes.split('\r\n', 1)[0]}: shows ${shown.join()}`)
    if (text.includes(home.ownerId)) wrong.push(`${bytes.split('\r\n', 1)[0]}: shows whose it is`)
  }
  return { what: 'no spelling and no claim opens it', checked: asked.length, wrong, sort: 'unbalanced' }
}

/** What a stranger leaves on a connection that the owner's next request comes over, as behind a proxy. */
function leftovers({ ids, stranger }: Household): string[] {
  const smuggled = `GET /api/v1/orders/${ids.order} HTTP/1.1\r\nHost: a\r\nX-Correlation-ID: smuggled\r\nX-Swallow: `
  const post = (headers: string[], body: string) =>
    requestText('POST /api/v1/users', ['Content-Type: application/json', ...headers], body)
  const length = (text: string) => `Content-Length: ${text.length}`
  const last = `0\r\n\r\n${smuggled}`
  const chunked = (...codings: string[]) => codings.map((coding) => post([length(last), coding], last))
  return [
    ...chunked('Transfer-Encoding: chunked', 'Transfer-Encoding : chunked', 'Transfer-Encoding:\tchunked'),
    ...chunked(
      'Transfer-Encoding:\r\n chunked',
      'X: a\r\n Transfer-Encoding: chunked',
      'X: a\nTransfer-Encoding: chunked',
    ),
    ...chunked(
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: identity',
      'Transfer-Encoding: chunked, identity',
    ),
    ...chunked(
      'Transfer-Encoding: \x0bchunked',
      'Transfer_Encoding: chunked',
      'X: a\rTransfer-Encoding: chunked',
    ),
    ...[`Content-Length: 0`, 'Content-Length: 00', 'Content-Length: +0', 'Content-Length: 0, 0'].map((zero) =>
      post([zero, length(smuggled)], smuggled),
    ),
    post(['Transfer-Encoding: chunked'], `0;a=\n\r\n\r\n${smuggled}`),
    post(['Transfer-Encoding: chunked'], `0\r\nContent-Length: 5\r\nX: \n\n${smuggled}`),
    post(['Transfer-Encoding: chunked'], `1\r\nZZ\r\n${last}`),
    post(['Transfer-Encoding: chunked'], `0x0\r\n\r\n${smuggled}`),
    requestText('GET /api/v1/products', [length(smuggled)], smuggled),
    requestText('GET /api/v1/orders', [bearer(stranger), length(smuggled)], smuggled),
    requestText('HEAD /api/v1/products', [length(smuggled)], smuggled),
    requestText('POST /api/v1/orders', [length(smuggled), 'Expect: 100-continue'], smuggled),
    requestText('GET /api/v1/products', ['Connection: Upgrade', 'Upgrade: h2c', length(smuggled)], smuggled),
    requestText('OPTIONS /api/v1/orders', [length(smuggled)], smuggled),
  ]
}

/** The owner's request comes over a connection that a stranger used before: it may be refused, but never be answered as the stranger's. */
export async function smuggled(origin: string, home: Household): Promise<Finding> {
  const all = leftovers(home)
  const wrong: string[] = []
  const owners = requestText('GET /api/v1/users/me', [bearer(home.owner), 'X-Correlation-ID: owner'])
  for (const leftover of all) {
    const { text } = await sendBytes(origin, leftover + owners, 60)
    const name = JSON.stringify(leftover.slice(0, 160))
    for (const answer of text.split(/(?=HTTP\/1\.1 \d{3} )/)) {
      if (answer.includes('smuggled'))
        wrong.push(`${name}: what was smuggled in was answered: ${answer.slice(0, 200)}`)
      else if (answer.includes(home.ownerId) && !answer.includes('X-Correlation-ID: owner'))
        wrong.push(`${name}: the owner's answer went astray`)
    }
    if (statusesIn(text).filter((status) => status >= 200).length > 2)
      wrong.push(`${name}: more answers than requests`)
  }
  return {
    what: "nothing is smuggled into another's request",
    checked: all.length,
    wrong,
    sort: 'unbalanced',
  }
}
