import type { Benchmark, Report, RunOptions } from '../harness/report.ts'
import { compare, type Compared } from './compare.ts'
import { examine, type Examined } from './examine.ts'

const SIZES = [100_000, 1_000_000] as const
const QUICK_SIZES = [10_000, 100_000] as const
const LONGEST_TEXT = 110

export const benchmark: Benchmark = {
  name: 'statements',
  title:
    'Every statement that the boutique sends, with its plan and the pages it looks at, in a shop of 100,000 orders and in one of a million: by a host that grew with it, by one started on it, and after ANALYZE.',
  run,
}

async function run(options: RunOptions): Promise<Report> {
  const examined: Examined[] = []
  for (const orders of options.quick ? QUICK_SIZES : SIZES) {
    examined.push(await examine(orders, (text) => console.error(text)))
  }
  const compared = compare(examined)
  const over = compared.filter(({ verdict }) => verdict === 'over')
  // Whoever runs this by a script shall see it.
  if (over.length > 0) process.exitCode = 1
  return report(examined, compared, over.length)
}

function report(examined: readonly Examined[], compared: readonly Compared[], over: number): Report {
  const number = (verdict: Compared['verdict']) => compared.filter((one) => one.verdict === verdict).length
  const plans = examined.flatMap((one) => [...one.plans.values()]).reduce((sum, one) => sum + one.length, 0)
  const unread = [...new Set(examined.flatMap((one) => one.unread))]
  return {
    name: benchmark.name,
    value: over,
    unit: 'statements over',
    peers: {},
    ratio: over === 0 ? 1 : 0,
    goal: 1,
    columns: ['verdict', 'whose', 'statement', 'pages, by size and state', 'growth', 'plans'],
    rows: compared.filter(({ verdict }) => verdict !== 'same').map(row),
    notes: [
      `${compared.length} statements compared, those inside of functions and of foreign keys included: ${number('same')} same plan and pages ≤ 1.2 times, ${number('other plan')} other plan with pages ≤ 1.2 times, ${number('one level more')} more by no more than a level of each index, ${over} over`,
      `sizes: ${examined.map(({ orders }) => orders.toLocaleString('en')).join(' and ')} orders; states: grown (plans of when the shop was small) / fresh (started on the large one, never analysed) / analysed`,
      `${plans.toLocaleString('en')} plans as they really ran, by auto_explain; pages are the median of a statement's runs, or the first quarter where that grows less, as more may come together in one run; its usual plan is compared; value is the number that are over, and the command fails if there is one`,
      'the data: a day of orders, cancellations, returns, credit notes, shipments and imports, copied by SQL in the live schema; each look is such a day and every path read, with each filter and from the middle of each list',
      ...(unread.length > 0 ? [`could not be read: ${unread.join(', ')}`] : []),
    ],
  }
}

function row({ verdict, asker, text, runs, growth, shapes }: Compared): string[] {
  const sizes = [...Map.groupBy(runs, ({ orders }) => orders)]
  const pages = sizes.map(
    ([orders, its]) => `${orders / 1_000}k: ${its.map((one) => `${one.pages}`).join(' / ')}`,
  )
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
  return [
    verdict,
    asker,
    short.replaceAll('|', '\\|'),
    pages.join('; '),
    growth.toFixed(2),
    shapes.length > 1 ? shapes.map(shortShape).join(' → ') : '–',
  ]
}

const LONGEST_SHAPE = 120
function shortShape(shape: string): string {
  return shape.length > LONGEST_SHAPE ? `${shape.slice(0, LONGEST_SHAPE)}…` : shape
}
