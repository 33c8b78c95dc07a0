import { expect, test } from 'vitest'
import { FORTY_INVOICES, HEADER, readAll, temporaryFile } from './testing.ts'
import { surveyFile } from './survey.ts'
import { TradeFileError } from './trade-file-error.ts'

const GOOD = '1,10001,POT,6,2011-03-01 08:26:00,2.55,101.0,France'
const lineWith = (text: string, by: string) => GOOD.replace(text, by)

/** What is said of a file that can't be read. */
async function faultsOf(content: string | Buffer): Promise<string[]> {
  await using file = await temporaryFile(content)
  const failure: unknown = await surveyFile(file.path).catch((error: unknown) => error)
  if (!(failure instanceof TradeFileError)) throw new Error(`no fault was found: ${String(failure)}`)
  return failure.faults.map(({ line, what }) => (line === undefined ? what : `${line}: ${what}`))
}

test('a file that is not there, or is a folder', async () => {
  await expect(surveyFile(`${FORTY_INVOICES}.not`)).rejects.toThrow('there is no such file')
  await expect(surveyFile(import.meta.dirname)).rejects.toThrow('it is a folder')
})

test('an empty file, and one with a header alone', async () => {
  expect(await faultsOf('')).toEqual(['it is empty'])
  expect(await faultsOf('\n\n')).toEqual(['it is empty'])
  expect(await faultsOf(`${HEADER}\n`)).toEqual(['it has a header and no line'])
})

test('columns that are missing are named, with what is there instead', async () => {
  expect(
    await faultsOf(`Invoice,StockCode,Description,Quantity,InvoiceDate,Price,CustomerID,Country\n${GOOD}`),
  ).toEqual([
    '1: no column InvoiceNo, UnitPrice; the header reads: Invoice, StockCode, Description, Quantity, InvoiceDate, Price, CustomerID, Country',
  ])
  expect(await faultsOf(HEADER.replaceAll(',', ';'))).toEqual([
    expect.stringContaining('fields are separated by commas'),
  ])
  expect(await faultsOf(`${HEADER},Country\n${GOOD},France`)).toEqual(['1: there are two columns Country'])
})

test('wrong numbers and times, with their lines, all at once', async () => {
  const faults = await faultsOf(
    [
      HEADER,
      GOOD,
      lineWith(',6,', ',six,'),
      lineWith(',6,', ',1.5,'),
      lineWith('2.55', '2,55').replace('2,55', '"2,55"'),
      lineWith('2.55', '1e3'),
      lineWith('2011-03-01', '2011-02-30'),
      lineWith('08:26:00', '24:26:00'),
      lineWith('101.0', '101.5'),
      lineWith('1,10001', ',,'),
      lineWith(',6,', ',,').replace('2.55', ''),
    ].join('\n'),
  )
  expect(faults).toEqual([
    '3: Quantity "six" is no whole number',
    '4: Quantity "1.5" is no whole number',
    '5: UnitPrice "2,55" is no amount such as 2.55',
    '6: UnitPrice "1e3" is no amount such as 2.55',
    '7: InvoiceDate "2011-02-30 08:26:00" is no time such as 2010-12-01 08:26:00',
    '8: InvoiceDate "2011-03-01 24:26:00" is no time such as 2010-12-01 08:26:00',
    '9: CustomerID "101.5" is no number of a customer',
    '10: has 9 fields instead of 8; one with a comma needs quotes',
    '11: Quantity (empty) is no whole number',
    '11: UnitPrice (empty) is no amount such as 2.55',
  ])
})

test('lines are counted as an editor does: blank ones, newlines in quotes, of every kind', async () => {
  const quoted = lineWith('POT', '"A POT\r\nOF ""TEA""\n\rFOR TWO"')
  expect(await faultsOf(`${HEADER}\r\n\r\n${quoted}\r\n\r\n${lineWith(',6,', ',six,')}\r\n`)).toEqual([
    '8: Quantity "six" is no whole number',
  ])
})

test('after 20 faults reading stops, and says so', async () => {
  await using file = await temporaryFile(`${HEADER}\n${`${lineWith(',6,', ',six,')}\n`.repeat(25)}`)
  await expect(surveyFile(file.path)).rejects.toThrow('reading stopped after 20 faults')
})

test('a quote that is never closed, one in the middle, text after one', async () => {
  const open = `${HEADER}\n${GOOD}\n${lineWith('POT', '"POT')}\n${GOOD}\n`
  expect(await faultsOf(open)).toEqual(['3: a quote is opened and never closed'])
  expect(await faultsOf(open + `${GOOD}\n`.repeat(5_000))).toEqual([
    expect.stringMatching(/^3: a record of more than 64 KiB/),
  ])
  expect(await faultsOf(`${HEADER}\n${lineWith('POT', 'P"O"T')}`)).toEqual([
    expect.stringMatching(/^2: a quote stands inside/),
  ])
  expect(await faultsOf(`${HEADER}\n${lineWith('POT', '"P"OT')}`)).toEqual([
    expect.stringMatching(/^2: text follows a closing quote/),
  ])
})

test('another encoding, with the line of its first letter', async () => {
  const latin = Buffer.from(`${HEADER}\n${GOOD}\n${lineWith('POT', 'CAFÉ')}\n`, 'latin1')
  expect(await faultsOf(latin)).toEqual([expect.stringMatching(/^3: is not UTF-8/)])
  expect(await faultsOf(Buffer.from(`\ufeff${HEADER}\n${GOOD}\n`, 'utf16le'))).toEqual([
    expect.stringMatching(/^1: is UTF-16/),
  ])
  const last = Buffer.concat([Buffer.from(`${HEADER}\n${GOOD}`), Buffer.from([0xc3])])
  expect(await faultsOf(last)).toEqual([expect.stringMatching(/^2: is not UTF-8/)])
})

test('a letter across the border of two reads is none of another encoding', async () => {
  const chunk = 256 * 1024
  const line = `${lineWith('POT', 'É')}\n`
  const before = `${HEADER}\n${line.repeat(Math.floor(chunk / Buffer.byteLength(line)) - 10)}`
  const at = chunk - Buffer.byteLength(before) - 1
  for (const shift of [0, 1]) {
    const name = 'x'.repeat(at - GOOD.indexOf('POT') - shift)
    await using file = await temporaryFile(`${before}${lineWith('POT', `${name}ÉÉ`)}\n`)
    expect((await readAll(file.path)).books.invoices).toBe(1)
  }
})

test('lines of an invoice that are scattered too widely would fill the memory', async () => {
  // Every invoice has a line at the beginning and one at the end.
  const half = Array.from({ length: 100_001 }, (_, index) => `${GOOD.replace('1', `N${index}`)}\n`).join('')
  await using file = await temporaryFile(`${HEADER}\n${half}${half}`)
  await expect(surveyFile(file.path)).rejects.toThrow('sort it by InvoiceNo')
})
