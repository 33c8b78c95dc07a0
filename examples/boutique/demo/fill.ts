import { randomBytes } from 'node:crypto'
import { access, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isArchipelError, type Place } from 'archipel'
import { z } from 'zod'
import { catalogue } from '../catalogue/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { Role, users } from '../users/contract.ts'
import { DEMO_PRODUCTS } from './products.ts'

const PIECES_OF_EACH = 1_000
const MOST_TRIES = 10

const Accounts = z.array(z.object({ role: Role, email: z.email(), password: z.string() }))
type Accounts = z.infer<typeof Accounts>

/**
 * Fills an empty shop so that somebody can try it: an account for each role and 40 products with stock. It can be
 * killed at any moment and run again: accounts are written down before they are opened, and every command has a
 * key of its own. A shop that was filled is left alone.
 * @returns the accounts with their passwords, as they stand in `demo-accounts.json`.
 */
export async function fillDemonstration(client: Place['client'], dataFolder: string): Promise<Accounts> {
  const accounts = await readOrMakeAccounts(join(dataFolder, 'demo-accounts.json'))
  const roles = accounts.map(({ role }) => role).join(' ')
  await once(join(dataFolder, 'demo-accounts-opened'), roles, () =>
    Promise.all(accounts.map((account) => openAccount(client, account))),
  )
  await once(join(dataFolder, 'demo-filled'), '', () =>
    Promise.all(DEMO_PRODUCTS.map((product) => addProduct(client, product))),
  )
  return accounts
}

/** Does something unless a file says that it was done, with these words. */
async function once(path: string, words: string, work: () => Promise<unknown>): Promise<void> {
  if ((await exists(path)) && (await readFile(path, 'utf8')) === words) return
  await work()
  await writeFile(path, words)
}

async function openAccount(
  client: Place['client'],
  { role, email, password }: Accounts[number],
): Promise<void> {
  const accounts = client(users, { idempotencyKey: `demonstration/account/${email}` })
  await withPatience(() =>
    accounts.openAccount({ email, password, name: `Demonstration ${role}`, roles: [role] }),
  )
}

async function addProduct(
  client: Place['client'],
  [sku, name, pence]: (typeof DEMO_PRODUCTS)[number],
): Promise<void> {
  const principal = { id: 'demonstration', roles: ['merchandiser'], scopes: [] }
  const products = client(catalogue, { principal, idempotencyKey: `demonstration/product/${sku}` })
  await withPatience(() => products.addProduct({ sku, name, price: { amount: pence, currency: 'GBP' } }))
  const stock = client(inventory, { principal, idempotencyKey: `demonstration/stock/${sku}` })
  await withPatience(() => stock.receiveStock({ sku, quantity: PIECES_OF_EACH }))
}

/** A machine that has no time just now is no reason not to start: every key is good for another try. */
async function withPatience(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ask()
      return
    } catch (error) {
      if (tries === MOST_TRIES || !isArchipelError(error) || error.kind !== 'timed-out') throw error
    }
  }
}

/** The accounts as they stand in the file; roles that came after it was written are added to it. */
async function readOrMakeAccounts(path: string): Promise<Accounts> {
  const present = (await exists(path)) ? Accounts.parse(JSON.parse(await readFile(path, 'utf8'))) : []
  const missing = Role.options.filter((role) => !present.some((account) => account.role === role))
  if (missing.length === 0) return present
  const added = missing.map((role) => ({
    role,
    email: `${role}@boutique.example`,
    password: randomBytes(15).toString('base64url'),
  }))
  const accounts = [...present, ...added]
  await writeFile(`${path}.new`, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return accounts
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
