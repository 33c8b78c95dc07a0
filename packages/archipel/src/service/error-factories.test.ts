import { expect, test } from 'vitest'
import { z } from 'zod'
import { conflict, contract, notFound, query } from '../contract/index.ts'
import { quietTelemetry, type LogFields } from '../telemetry/index.ts'
import { createErrorFactories } from './error-factories.ts'
import { service } from './index.ts'
import { openTestHost } from './service.fixture.ts'

const SkuTaken = conflict(z.object({ sku: z.string(), by: z.string() }))
const source = { service: 'shop', path: 'shop.add' }
const errors = createErrorFactories(source, { SKU_TAKEN: SkuTaken, GONE: notFound() })

test('makes what is declared', () => {
  expect(errors['SKU_TAKEN']?.({ sku: 'TEA', by: 'ann' })).toMatchObject({
    code: 'SKU_TAKEN',
    kind: 'conflict',
    message: 'Sku taken',
    details: { sku: 'TEA', by: 'ann' },
    declaredBy: 'shop',
  })
  expect(errors['GONE']?.(undefined, 'Sold out')).toMatchObject({ message: 'Sold out', details: undefined })
})

test('who reaches for an error that is not declared reads where to declare it', async () => {
  expect(() => errors['NO_STOCK']?.()).toThrow(
    'shop.add declares no error NO_STOCK (it declares SKU_TAKEN, GONE): write errors: { NO_STOCK: conflict() } into the operation in its contract, with the word for its kind (conflict, notFound, refused …)',
  )
  expect(() => createErrorFactories(source, {})['X']?.()).toThrow('(it declares none)')
  expect(Object.keys(errors)).toEqual(['SKU_TAKEN', 'GONE'])
  expect(await Promise.resolve(errors)).toBe(errors)
})

test('who calls a maker wrongly reads how to call it', () => {
  expect(() => errors['SKU_TAKEN']?.({ sku: 'TEA' })).toThrow(
    /^The details of shop\.add's error SKU_TAKEN don't fit its contract \(by: .*\): write errors\.SKU_TAKEN\(\{ sku, by \}\)$/,
  )
  expect(() => errors['SKU_TAKEN']?.()).toThrow(/\(they: .*\): write errors\.SKU_TAKEN\(\{ sku, by \}\)$/)
  expect(() => errors['GONE']?.('it is gone')).toThrow(
    "shop.add gives GONE details, and its contract declares none: write errors.GONE(), or errors.GONE(undefined, 'a message'); or declare them, GONE: notFound(z.object({ … }))",
  )
})

test('an error that was meant for the caller and can not leave is logged with what to write', async () => {
  const nothing = { access: 'public', input: z.object({}), output: z.object({}) } as const
  const shop = contract('shop', {
    version: '1.0.0',
    operations: {
      look: query({ ...nothing, errors: { GONE: notFound() } }),
      pass: query({ ...nothing, errors: {} }),
      own: query({ ...nothing, errors: { GONE: notFound() } }),
    },
  })
  const front = contract('front', { version: '1.0.0', operations: { ask: query(nothing) } })
  const logged: unknown[] = []
  const quiet = quietTelemetry()
  const log = {
    ...quiet.log,
    error: (_message: string, fields?: LogFields) => void logged.push(fields?.['advice']),
  }
  let gone: unknown
  const host = await openTestHost({
    database: false,
    telemetry: { ...quiet, log },
    services: [
      service(shop, {})
        .operation('look', (_input, { errors: own }) => {
          gone = own.GONE()
          throw own.GONE()
        })
        .operation('pass', () => {
          throw gone
        })
        .operation('own', (_input, { errors: own }) => {
          // oxlint-disable-next-line typescript/only-throw-error -- the mistake itself
          throw own.GONE
        }),
      service(front, { uses: { shop } }).operation('ask', (_input, context) => context.shop.look()),
    ],
  })
  const { ask } = host.client(front)
  const { pass, own } = host.client(shop)
  for (const call of [ask, pass, own]) await expect(call()).rejects.toMatchObject({ code: 'ARC_INTERNAL' })
  expect(logged).toEqual([
    "front.ask let through GONE of shop, which front.ask's callers don't know: ask with .try, or catch it, and throw an error of its own",
    "shop.pass does not declare GONE, which another operation of shop does: write it into this one's errors as well",
    'shop.own threw a function: write errors.GONE(…), which makes the error',
  ])
})
