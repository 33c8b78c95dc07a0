export interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: { readonly enum?: readonly string[] }
}

/** What operators ask. */
export const OPERATORS = [
  '/events?limit=50', '/events?key={orderId}', '/events?correlationId={correlationId}', '/events?publisher=orders&limit=50',
  '/events?publisher=orders&type=orders.orderPlaced.v1&limit=50', '/events/{position}', '/events?limit=50&cursor={position}',
  '/sagas?limit=50', '/sagas?service=orders&status=completed&limit=50', '/sagas?service=orders&saga=fulfilOrder&limit=50',
  '/sagas?service=orders&status=running', '/sagas/orders/fulfilOrder/{orderId}', '/stuck', '/stories/{orderId}', '/stories/{correlationId}',
  '/delivery', '/dead-letters', '/subscriptions', '/unknown-outcomes', '/database',
] // prettier-ignore

/** What is asked of a path: as it is, with each of its filters, and all of that from a place in the middle of the list. */
export function questionsOf(path: string, parameters: readonly Parameter[]): string[] {
  const asked = parameters.filter((parameter) => parameter.in === 'query')
  const filters = asked.flatMap(
    ({ name, schema }) => FILTERS[name] ?? (schema.enum ?? []).map((value) => `${name}=${value}`),
  )
  const needed = NEEDED[path] ?? []
  const forms = [needed, ...filters.filter((one) => !needed.includes(one)).map((one) => [...needed, one])]
  if (!asked.some(({ name }) => name === 'cursor')) return forms.map((form) => question(path, form))
  return forms.flatMap((form) => [
    question(path, ['limit=20', ...form]),
    question(path, ['limit=20', ...form, `cursor=${cursorOf(path)}`]),
  ])
}

function question(path: string, parts: readonly string[]): string {
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`
}

const NEEDED: Readonly<Record<string, readonly string[]>> = { '/payments': ['orderId={orderId}'] }

const FILTERS: Readonly<Record<string, readonly string[]>> = {
  limit: [],
  cursor: [],
  orderId: ['orderId={orderId}'],
  personId: ['personId={personId}'],
  email: ['email={email}'],
  search: ['search=mug'],
  category: ['category=kitchen'],
  currency: ['currency=GBP'],
  from: ['from=2026-01-01'],
  to: ['to=2030-01-01'],
  low: ['low=true'],
}

/** Something that the list holds, from anywhere in it; else where its first page ended. */
function cursorOf(path: string): string {
  return CURSORS[path] ?? '{next}'
}
const CURSORS: Readonly<Record<string, string>> = {
  '/users': '{personId}',
  '/orders': '{orderId}',
  '/stock/{sku}/movements': '{movement}',
  '/returns': '{returnId}',
  '/shipments': '{shipmentId}',
  '/credit-notes': '{creditNoteId}',
  '/notifications': '{notificationId}',
  '/trade/orders': '{externalReference}',
}
