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

const PASSWORD = 'a password for shows'

/** Who can sign in. */
export const ACCOUNTS = (['ann', 'bob', 'support', 'merchandiser', 'warehouse'] as const).map((name) => ({
  email: `${name}@boutique.example`,
  name,
  password: PASSWORD,
  roles: [name === 'ann' || name === 'bob' ? ('customer' as const) : name],
}))
