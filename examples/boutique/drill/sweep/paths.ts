import {
  approve,
  atOnce,
  cancel,
  credit,
  deliver,
  dispatch,
  place,
  refuse,
  sendBack,
  type Act,
} from './acts.ts'
import type { End } from './ends.ts'

/** A way that an order can go, what its people do on it, and how it must end whatever dies on the way. */
export interface OrderPath {
  readonly name: string
  /** What has happened, and come to rest, before anybody dies. */
  readonly before: readonly Act[]
  readonly acts: readonly Act[]
  /** One of these; several where two race. */
  readonly ends: readonly End[]
}

const NOTHING: End = {
  status: null,
  rejection: null,
  cancellation: null,
  shipment: null,
  returns: [],
  sold: 0,
  writtenOff: 0,
  creditNotes: [],
  letters: [],
}
const RECEIVED = 'orderReceived'
const PAID = ['orderPaid', RECEIVED]
const COMPLETED: End = { ...NOTHING, status: 'completed', shipment: 'ready', sold: 1, letters: PAID }
const SENT = ['orderDispatched', ...PAID]
const DISPATCHED: End = { ...COMPLETED, status: 'dispatched', shipment: 'dispatched', letters: SENT }
const DELIVERED: End = { ...DISPATCHED, status: 'delivered', shipment: 'delivered' }
const CANCELLED: End = { ...NOTHING, status: 'cancelled', cancellation: 'cancelled', letters: [RECEIVED] }
const REFUNDED: End = {
  ...NOTHING,
  status: 'refunded',
  cancellation: 'refunded',
  shipment: 'recalled',
  letters: ['orderPaid', RECEIVED, 'orderRefunded'],
}

function rejected(rejection: string): End {
  return { ...NOTHING, status: 'rejected', rejection, letters: [RECEIVED, 'orderRejected'].toSorted() }
}

const [COMES_BACK, IS_LOST] = ['restock', 'writeOff'] as const
/** More than any shelf holds. */
const TOO_MANY = 100_000
const shipped = (token = 'tok_ok', quantity = 1) => [place(token, quantity), dispatch]

export const ORDER_PATHS: readonly OrderPath[] = [
  { name: 'completed', before: [], acts: [place('tok_ok')], ends: [COMPLETED] },
  { name: 'out-of-stock', before: [], acts: [place('tok_ok', TOO_MANY)], ends: [rejected('OUT_OF_STOCK')] },
  { name: 'declined', before: [], acts: [place('tok_declined')], ends: [rejected('PAYMENT_DECLINED')] },
  {
    name: 'capture-declined',
    before: [],
    acts: [place('tok_capture_declined')],
    ends: [rejected('CAPTURE_DECLINED')],
  },
  { name: 'lost', before: [], acts: [place('tok_lost')], ends: [COMPLETED] },
  { name: 'capture-lost', before: [], acts: [place('tok_capture_lost')], ends: [COMPLETED] },
  { name: 'flaky', before: [], acts: [place('tok_flaky')], ends: [COMPLETED] },
  { name: 'shipped', before: [place('tok_ok')], acts: [dispatch, deliver], ends: [DELIVERED] },
  // A card that answers at its third try leaves time to turn back; who dies may come too late all the same.
  { name: 'cancelled', before: [], acts: [place('tok_flaky'), cancel], ends: [CANCELLED, REFUNDED] },
  { name: 'recalled', before: [place('tok_ok')], acts: [cancel], ends: [REFUNDED] },
  { name: 'refund-lost', before: [place('tok_refund_lost')], acts: [cancel], ends: [REFUNDED] },
  {
    name: 'refund-declined',
    before: [place('tok_refund_declined')],
    acts: [cancel],
    ends: [{ ...COMPLETED, cancellation: 'refused REFUND_DECLINED' }],
  },
  {
    name: 'recall-or-dispatch',
    before: [place('tok_ok')],
    acts: [atOnce(cancel, dispatch)],
    ends: [REFUNDED, DISPATCHED, { ...DISPATCHED, cancellation: 'refused ALREADY_DISPATCHED' }],
  },
  {
    name: 'returned',
    before: shipped('tok_ok', 3),
    acts: [sendBack(1), approve(COMES_BACK), sendBack(2), approve(IS_LOST)],
    ends: [
      {
        ...DISPATCHED,
        sold: 0,
        writtenOff: 2,
        returns: ['refunded', 'refunded'],
        letters: [...SENT, 'orderRefunded', 'orderRefunded'],
      },
    ],
  },
  {
    name: 'return-refused',
    before: shipped(),
    acts: [sendBack(1), refuse],
    ends: [{ ...DISPATCHED, returns: ['refused It was used'] }],
  },
  {
    name: 'return-unpaid',
    before: shipped('tok_refund_declined'),
    acts: [sendBack(1), approve(COMES_BACK)],
    ends: [{ ...DISPATCHED, returns: ['refused REFUND_DECLINED'] }],
  },
  {
    name: 'credit-notes',
    before: [],
    acts: [credit('tok_ok'), credit('tok_declined')],
    ends: [{ ...NOTHING, creditNotes: ['settled', 'refused'] }],
  },
]
