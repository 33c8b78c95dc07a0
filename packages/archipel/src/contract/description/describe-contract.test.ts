import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  anyOf,
  command,
  compareContracts,
  conflict,
  contract,
  contractOf,
  describeContract,
  event,
  openApi,
  owner,
  page,
  query,
  roles,
} from '../index.ts'

interface Tree {
  name: string
  parts: Tree[]
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get parts() {
    return z.array(Tree)
  },
})

function shop(version: string, price: z.ZodInt | z.ZodString) {
  return contract('shop', {
    version,
    operations: {
      sell: command({
        http: { route: 'POST /sales', status: 201 },
        access: roles('cashier'),
        input: z.object({ sku: z.string(), pieces: z.int().default(1) }),
        output: z.object({ price }),
        errors: { SOLD_OUT: conflict(z.object({ left: z.int() })), CLOSED: conflict() },
      }),
      list: query({
        http: { route: 'GET /sales' },
        access: anyOf(owner('sku'), roles('cashier')),
        ...page(z.object({ sku: z.string(), tree: Tree })),
      }),
    },
    events: { sold: event({ data: z.object({ sku: z.string() }), key: 'sku', version: 1 }) },
  })
}

/** Through text, as it is kept and sent. */
const kept = (of: ReturnType<typeof shop>) => contractOf(JSON.parse(JSON.stringify(describeContract(of))))

test('a described contract is the same contract', () => {
  const original = shop('1.0.0', z.int())
  expect(compareContracts(original, kept(original))).toEqual([])
  expect(compareContracts(kept(original), original)).toEqual([])
  expect(describeContract(kept(original))).toEqual(JSON.parse(JSON.stringify(describeContract(original))))
  expect(openApi({ title: 'Shop', contracts: [kept(original)] })).toEqual(
    openApi({ title: 'Shop', contracts: [original] }),
  )
})

test('what changed is found in a description as in the contract itself', () => {
  const [older, newer] = [shop('1.0.0', z.int()), shop('2.0.0', z.string())]
  const changes = compareContracts(older, newer)
  expect(changes).toContainEqual(
    expect.objectContaining({ path: 'operations.sell.output.price', compatible: false }),
  )
  expect(compareContracts(kept(older), newer)).toEqual(changes)
  expect(compareContracts(older, kept(newer))).toEqual(changes)
})
