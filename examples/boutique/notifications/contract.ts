import { anyOf, command, contract, owner, page, query, roles } from 'archipel'
import { z } from 'zod'
import { Id, Instant, Money } from '../shared.ts'

/** What a customer is told of. */
export const Kind = z.enum([
  'orderReceived',
  'orderPaid',
  'orderDispatched',
  'orderRejected',
  'orderRefunded',
])
export type Kind = z.infer<typeof Kind>

/** What the text of a notification says beside the order and the name. */
export const Details = z.object({
  amount: Money,
  trackingNumber: z.string().optional(),
  rejection: z.string().optional(),
})
export type Details = z.infer<typeof Details>

/**
 * `sending` → `sent`; other ends: `refused` by the mail server for good, `unwanted` by the person, `gone`: no such person
 * any more. One that stays `sending` is waiting for the mail server, or its outcome is unknown and listed at the
 * operations door. `queued` is what the former version left to be sent.
 */
const NotificationStatus = z.enum(['queued', 'sending', 'sent', 'refused', 'unwanted', 'gone'])

export const Notification = z.object({
  id: Id,
  personId: Id,
  orderId: Id,
  kind: Kind,
  status: NotificationStatus,
  /** What the mail server said when it refused. */
  reason: z.string().nullable(),
  messageId: z.string().nullable(),
  decidedAt: Instant,
  endedAt: Instant.nullable(),
})

const wanted = {
  orderReceived: z.boolean(),
  orderPaid: z.boolean(),
  orderDispatched: z.boolean(),
  orderRejected: z.boolean(),
  orderRefunded: z.boolean(),
}
const Preferences = z.object({ personId: Id, ...wanted })

export const notifications = contract('notifications', {
  version: '1.0.0',
  operations: {
    getPreferences: query({
      summary: 'What you are told of by mail: all of it unless you say otherwise',
      http: { route: 'GET /notifications/preferences' },
      access: owner('personId'),
      input: z.object({}),
      output: Preferences,
    }),
    setPreferences: command({
      summary: 'Choose what you are told of by mail; it counts for what happens from now on',
      http: { route: 'PUT /notifications/preferences' },
      access: roles('customer'),
      input: z.object(wanted),
      output: Preferences,
    }),
    listNotifications: query({
      summary:
        'What was sent when, and what was not: your own, the latest first; support sees those of anybody',
      http: { route: 'GET /notifications' },
      access: anyOf(owner('personId'), roles('support')),
      ...page(Notification, { personId: Id.optional(), orderId: Id.optional() }, { cursor: Id }),
    }),
    deliver: command({
      summary: 'Send a notification by mail, at most once',
      access: 'internal',
      input: z.object({
        notificationId: Id,
        /** Absent in what the former version left behind. */
        letter: z.object({ personId: Id, orderId: Id, kind: Kind, details: Details }).optional(),
      }),
      output: z.object({ status: NotificationStatus }),
    }),
  },
  events: {},
})
