import { randomUUID } from 'node:crypto'
import { isArchipelError, type Seams } from 'archipel'
import { z } from 'zod'

/** Planted bugs of operations: what they answer is not what they did. */
type Transport = ReturnType<NonNullable<Seams['transport']>>

const OfOrder = z.object({ orderId: z.string() })
const Addressed = z.object({ address: z.object({ name: z.string() }).nullable() })

export function forgetsToRestock(local: Transport): Transport {
  return {
    ...local,
    call: (request, bounds) =>
      request.operation === 'restock' ? Promise.resolve({ restocked: true }) : local.call(request, bounds),
  }
}

export function reservesWhatIsNotThere(local: Transport): Transport {
  return {
    ...local,
    async call(request, bounds) {
      try {
        return await local.call(request, bounds)
      } catch (error) {
        if (!isArchipelError(error) || error.code !== 'OUT_OF_STOCK') throw error
        return { ...OfOrder.parse(request.input), reservedAt: new Date().toISOString() }
      }
    },
  }
}

/** Only what cannot be asked again is made up: nobody notices before the order is looked for. */
export function answersFromMemory(local: Transport): Transport {
  return {
    ...local,
    async call(request, bounds) {
      try {
        return await local.call(request, bounds)
      } catch (error) {
        const isOutage = isArchipelError(error) && error.kind === 'unavailable'
        if (request.operation !== 'placeOrder' || !isOutage) throw error
        return { id: randomUUID(), status: 'placed', total: { amount: 0, currency: 'GBP' } }
      }
    },
  }
}

/** After the capture an order only goes forward: what is refused there waits for a person. */
export function shipsPlainNamesOnly(local: Transport): Transport {
  return {
    ...local,
    async call(request, bounds) {
      const addressed = Addressed.safeParse(request.input)
      const name = addressed.success ? addressed.data.address?.name : undefined
      if (request.operation === 'scheduleShipment' && name !== undefined && !/^[ -~]*$/.test(name))
        throw new Error(`no label has the letters of ${name}`)
      return local.call(request, bounds)
    },
  }
}
