import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProgress } from '../import/progress.ts'
import { TradeFileError } from '../import/reading/trade-file-error.ts'
import { reportText } from '../import/report.ts'
import { runImport } from '../import/run-import.ts'
import { openShop } from './stage/shop.ts'
import { emailOf, PASSWORD } from './stage/scene.ts'
import { say, see, seeThat } from './stage/telling.ts'

const FILE = fileURLToPath(new URL('../import/fixture/forty-invoices.csv', import.meta.url))

export async function show(): Promise<void> {
  await using shop = await openShop()
  const importFile = (path: string) =>
    runImport(
      {
        path,
        target: shop.url,
        email: emailOf('trade'),
        password: PASSWORD,
        rejectsPath: join(shop.dataFolder, 'rejects.csv'),
        concurrency: 8,
      },
      createProgress(process.stderr),
    )

  say('Forty invoices, with every odd case, go through the public door as role trade.')
  const first = await importFile(FILE)
  console.log(reportText(first).replaceAll(/^/gm, '    '))
  see('file and shop agree', first.agrees, true)

  say('The same file again, a year later or after a kill: everything is there already.')
  const again = await importFile(FILE)
  see(
    'invoices that were there before',
    again.hadBefore,
    first.file.orders.count + first.file.creditNotes.count,
  )
  see('the shop’s books', again.shop, first.shop)

  say('A file with broken lines changes nothing: all of it is read before anything is sent.')
  const broken = join(shop.dataFolder, 'broken.csv')
  await writeFile(
    broken,
    `${COLUMNS}\n1,A1,A mug,two,2010-12-01 08:26:00,2.55,17850,France\n2,A1,A mug,1,yesterday,2.55,17850,France\n`,
  )
  const refusal = await importFile(broken).catch((error: unknown) => error)
  console.log(String(refusal).replaceAll(/^/gm, '    '))
  seeThat(
    'it is refused with its lines',
    refusal instanceof TradeFileError && /\b2\b.*\n.*\b3\b/.test(refusal.message),
  )
}

const COLUMNS = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
