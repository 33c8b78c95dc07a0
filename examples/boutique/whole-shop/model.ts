import { PRICES, type Step, type StepOf } from './steps.ts'

interface Line {
  readonly product: number
  readonly quantity: number
  /** Asked for by returns that were not refused. */
  asked: number
}

interface Sold {
  status: 'rejected' | 'cancelled' | 'completed' | 'dispatched' | 'delivered' | 'refunded'
  readonly lines: readonly Line[]
  readonly refundable: boolean
  captured: number
  refunded: number
}

interface SentBack {
  status: 'requested' | 'refunded' | 'refused'
  readonly order: Sold
  readonly line: Line
  readonly quantity: number
}

const NOBODY = 'skipped'

/** The shop as a few lines of arithmetic: what its books must say after the same steps. */
export function createModel() {
  const shelves = PRICES.map(() => ({ received: 0, corrections: 0, available: 0, sold: 0, writtenOff: 0 }))
  const orders: Sold[] = []
  const returns: SentBack[] = []

  function shelf(product: number) {
    const found = shelves[product]
    if (!found) throw new Error(`the model has no product ${product}`)
    return found
  }
  const round = <TItem>(items: readonly TItem[], which: number) => items[which % items.length]
  const worth = ({ product, quantity }: Pick<Line, 'product' | 'quantity'>) =>
    (PRICES[product] ?? 0) * quantity

  function refusalOf({ lines, card }: Pick<StepOf<'place'>, 'lines' | 'card'>): string | undefined {
    const wanted = shelves.map((_, product) =>
      lines.filter((line) => line.product === product).reduce((sum, { quantity }) => sum + quantity, 0),
    )
    if (wanted.some((quantity, product) => shelf(product).available < quantity)) return 'OUT_OF_STOCK'
    if (card === 'tok_declined') return 'PAYMENT_DECLINED'
    return card === 'tok_capture_declined' ? 'CAPTURE_DECLINED' : undefined
  }

  function place(step: Pick<StepOf<'place'>, 'lines' | 'card'>): string {
    const refusal = refusalOf(step)
    const lines = step.lines.map((line) => ({ ...line, asked: 0 }))
    const total = lines.reduce((sum, line) => sum + worth(line), 0)
    const refundable = step.card !== 'tok_refund_declined'
    const captured = refusal === undefined ? total : 0
    orders.push({ status: refusal ? 'rejected' : 'completed', lines, refundable, captured, refunded: 0 })
    if (refusal) return refusal
    for (const { product, quantity } of lines) move(product, quantity)
    return 'completed'
  }

  /** Off the shelf and sold, or back. */
  function move(product: number, quantity: number): void {
    shelf(product).available -= quantity
    shelf(product).sold += quantity
  }

  function putBack(order: Sold): void {
    for (const { product, quantity } of order.lines) move(product, -quantity)
    order.refunded = order.captured
    order.status = 'refunded'
  }

  /** @param real what became of it in the shop: whether it was called off in time is a matter of chance. */
  function regret({ lines }: StepOf<'regret'>, real: string): string {
    if (real === 'cancelled') {
      orders.push({ status: 'cancelled', lines: [], refundable: true, captured: 0, refunded: 0 })
      return real
    }
    const outcome = place({ lines, card: 'tok_ok' })
    const made = orders.at(-1)
    if (outcome !== 'completed' || !made) return outcome
    putBack(made)
    return 'refunded'
  }

  function cancel(order: Sold): string {
    if (order.status === 'dispatched' || order.status === 'delivered') return 'ALREADY_DISPATCHED'
    if (order.status !== 'completed') return 'ORDER_ENDED'
    if (!order.refundable) return 'REFUND_DECLINED'
    putBack(order)
    return 'refunded'
  }

  function ship(order: Sold, from: Sold['status'], to: Sold['status']): string {
    if (order.status === 'rejected' || order.status === 'cancelled') return 'SHIPMENT_NOT_FOUND'
    if (order.status !== from) return 'WRONG_STATUS'
    order.status = to
    return to
  }

  function sendBack(order: Sold, { number, quantity }: StepOf<'sendBack'>): string {
    if (order.status !== 'dispatched' && order.status !== 'delivered') return 'NOT_DISPATCHED'
    const line = order.lines[number - 1]
    if (!line) return 'LINES_UNKNOWN'
    if (line.asked + quantity > line.quantity) return 'MORE_THAN_BOUGHT'
    line.asked += quantity
    returns.push({ status: 'requested', order, line, quantity })
    return 'requested'
  }

  function decide(asked: SentBack, disposition: StepOf<'approve'>['disposition'] | undefined): string {
    if (asked.status !== 'requested') return 'RETURN_DECIDED'
    const { order, line, quantity } = asked
    if (disposition === undefined || !order.refundable) {
      asked.status = 'refused'
      line.asked -= quantity
      return disposition === undefined ? 'refused' : 'REFUND_DECLINED'
    }
    asked.status = 'refunded'
    order.refunded += worth({ product: line.product, quantity })
    shelf(line.product).sold -= quantity
    shelf(line.product)[disposition === 'restock' ? 'available' : 'writtenOff'] += quantity
    return 'refunded'
  }

  function ofOrder(step: StepOf<'cancel' | 'dispatch' | 'deliver' | 'sendBack'>): string {
    const order = round(orders, step.which)
    if (!order) return NOBODY
    if (step.kind === 'cancel') return cancel(order)
    if (step.kind === 'dispatch') return ship(order, 'completed', 'dispatched')
    return step.kind === 'deliver' ? ship(order, 'dispatched', 'delivered') : sendBack(order, step)
  }

  return {
    /** @param real what the shop made of it. @returns what it had to make of it. */
    perform(step: Step, real: string): string {
      if (step.kind === 'place') return place(step)
      if (step.kind === 'regret') return regret(step, real)
      if (step.kind === 'receive' || step.kind === 'correct') {
        const of = shelf(step.product)
        if (of.available + step.quantity < 0) return 'MORE_THAN_AVAILABLE'
        of[step.kind === 'receive' ? 'received' : 'corrections'] += step.quantity
        of.available += step.quantity
        return 'ok'
      }
      if (step.kind !== 'approve' && step.kind !== 'refuse') return ofOrder(step)
      const asked = round(returns, step.which)
      if (!asked) return NOBODY
      return decide(asked, step.kind === 'approve' ? step.disposition : undefined)
    },
    stock: () => shelves.map((of) => ({ ...of, reserved: 0 })),
    /** What the card processor took and gave back, order by order. */
    money: () => orders.map(({ captured, refunded }) => ({ captured, refunded, held: 0 })),
    statuses: () => orders.map(({ status }) => status),
  }
}
