import { expect, test } from 'vitest'
import { draw } from './draw.ts'
import { mutate, sitesOf } from './sites.ts'

const source = `async function pay(order) {
  if (order.total(1, 10) > 10 && order.paid !== true) await charge(order)
  await transaction.commit([])
  publish(order)
  return db.run(sql\`update orders set paid = 1 where id = 7 for update\`)
}
`

test('finds the places that matter, and changes nothing else', () => {
  const sites = sitesOf('pay.ts', source)
  const changed = (kind: string) =>
    sites.filter((site) => site.kind === kind).map((site) => mutate(source, site))
  expect(new Set(changed('comparison'))).toEqual(
    new Set([source.replace('!== true', '=== true'), source.replace('> 10', '>= 10')]),
  )
  expect(changed('logic')).toEqual([source.replace('&&', '||')])
  expect(changed('await')).toContain(source.replace('await charge', 'charge'))
  expect(changed('constant')).toContain(source.replace('1, 10', '2, 10'))
  expect(changed('statement')).toContain(source.replace('publish(order)', ';'))
  expect(changed('commit')).toEqual([
    source.replace(
      'await transaction.commit([])\n  publish(order)',
      'publish(order)\nawait transaction.commit([])',
    ),
  ])
  expect(changed('sql')).toContain(source.replace(' for update', ''))
})

test('a seed draws the same ones again, and none twice', () => {
  const sites = sitesOf('pay.ts', source)
  const drawn = draw(sites, 7, 5)
  expect(draw(sites, 7, 5)).toEqual(drawn)
  expect(new Set(drawn).size).toBe(5)
  expect(draw(sites, 7, 1_000)).toHaveLength(sites.length)
})
