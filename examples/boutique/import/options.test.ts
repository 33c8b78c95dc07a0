import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFile } from './reading/testing.ts'
import { readCommandLine } from './options.ts'

const PASSWORD = { ARCHIPEL_PASSWORD: 'a password for tests', ARCHIPEL_DATA: '/data' }

test('the file comes from the argument, else from ARCHIPEL_TRADE_FILE', async () => {
  const both = { ...PASSWORD, ARCHIPEL_TRADE_FILE: '/there/year.csv' }
  expect((await readCommandLine(['here.csv'], both))?.path).toBe('here.csv')
  expect((await readCommandLine([], both))?.path).toBe('/there/year.csv')
  await expect(readCommandLine([], PASSWORD)).rejects.toMatchObject({ exitCode: 64 })
})

test('defaults', async () => {
  expect(await readCommandLine(['/there/year.csv'], { ...PASSWORD, PORT: '4000' })).toMatchObject({
    target: 'http://127.0.0.1:4000',
    email: 'trade@boutique.example',
    rejectsPath: '/data/import/year.rejects.csv',
    json: false,
  })
})

test.each([
  [['a.csv', 'b.csv'], 'one file at a time'],
  [['a.csv', '--target', 'shop'], '--target shop: this must be a URL'],
  [['a.csv', '--concurrency', '0'], '--concurrency 0: this must be a whole number from 1'],
  [['a.csv', '--speed'], "Unknown option '--speed'"],
])('%j is refused: %s', async (args, message) => {
  await expect(readCommandLine(args, PASSWORD)).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringContaining(message),
  })
})

test('without ARCHIPEL_PASSWORD it is that of the demonstration, and of nobody else', async () => {
  const accounts = [{ role: 'trade', email: 'trade@boutique.example', password: 'demonstration' }]
  await using file = await temporaryFile(JSON.stringify(accounts), 'demo-accounts.json')
  const data = { ARCHIPEL_DATA: join(file.path, '..') }
  expect((await readCommandLine(['a.csv'], data))?.password).toBe('demonstration')
  await expect(readCommandLine(['a.csv', '--as', 'me@example.com'], data)).rejects.toMatchObject({
    exitCode: 77,
    message: expect.stringContaining('set ARCHIPEL_PASSWORD'),
  })
})
