/** How a show wants its host. */
export interface HostOptions {
  /** The catalogue and nothing else. */
  readonly alone?: boolean
  /** A moment such as `command.before-commit orders.placeOrder`, at which the host kills itself with SIGKILL. */
  readonly killAt?: string
}

/** What the shop of a show sells: SKU, price in pence, pieces. */
export const PRODUCTS = [
  ['MUG', 1_250, 100],
  ['LAMP', 2_450, 2],
] as const

export const PASSWORD = 'a password for shows'

export const NAMES = [
  'ann',
  'bob',
  'zoe',
  'support',
  'merchandiser',
  'warehouse',
  'operator',
  'trade',
] as const
export type Name = (typeof NAMES)[number]

/** Who can sign in; the first three are customers. */
export const ACCOUNTS = NAMES.map((name) => ({
  email: emailOf(name),
  name,
  password: PASSWORD,
  roles: [name === 'ann' || name === 'bob' || name === 'zoe' ? ('customer' as const) : name],
}))

/** The mailbox cuts the line of who writes to Zoe, instead of saying that it has the letter. */
export function emailOf(name: Name): string {
  return `${name}@${name === 'zoe' ? 'lost' : 'boutique'}.example`
}
