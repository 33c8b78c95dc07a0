import type { Address } from '../shared.ts'
import type { Prepare } from './context.ts'

interface Wishes {
  readonly shipTo?: { addressId: string } | { address: Address } | undefined
  readonly payment: { token: string } | { methodId: string }
}

interface Terms {
  /** Null: collected at the warehouse. */
  readonly address: Address | null
  readonly token: string
}

/** Where an order goes and how it is paid: users are asked only for what the customer keeps there. */
export async function termsOf(
  { shipTo, payment }: Wishes,
  { users, principal, errors }: Prepare<'placeOrder'>,
): Promise<Terms> {
  const address = shipTo && 'address' in shipTo ? shipTo.address : null
  const addressId = shipTo && 'addressId' in shipTo ? shipTo.addressId : undefined
  if ('token' in payment && addressId === undefined) return { address, token: payment.token }
  const methodId = 'methodId' in payment ? payment.methodId : undefined
  const kept = await users.try.getForOrder({ customerId: principal.id, addressId, methodId })
  if (!kept.ok) {
    if (kept.error.code === 'ADDRESS_NOT_FOUND') throw errors.ADDRESS_NOT_FOUND()
    if (kept.error.code === 'METHOD_NOT_FOUND') throw errors.METHOD_NOT_FOUND()
    throw kept.error
  }
  const token = 'token' in payment ? payment.token : kept.value.token
  if (token === null) throw errors.METHOD_NOT_FOUND()
  return { address: kept.value.address ?? address, token }
}
