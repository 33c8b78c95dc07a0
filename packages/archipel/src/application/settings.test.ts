import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('without any variable there are defaults', () => {
  expect(readSettings({})).toEqual({
    dataFolder: resolve('.archipel'),
    port: 3000,
    databaseUrl: undefined,
    otlpEndpoint: undefined,
  })
})

test('a relative data folder is one of the working directory, an absolute one stays', () => {
  expect(readSettings({ ARCHIPEL_DATA: 'data here' }).dataFolder).toBe(resolve('data here'))
  expect(readSettings({ ARCHIPEL_DATA: '/var/data' }).dataFolder).toBe('/var/data')
})

test('all faults are listed at once, each under its variable, and none shows a password', () => {
  const variables = {
    PORT: '3000x',
    ARCHIPEL_DATA: '',
    DATABASE_URL: 'mysql://user:s3cret@host/db',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  }
  expect(() => readSettings(variables)).toThrow(
    expect.objectContaining({
      code: 'ARC_CONFIGURATION_INVALID',
      message: expect.stringMatching(
        /PORT: .*\n.*ARCHIPEL_DATA: .*\n.*DATABASE_URL: .*\n.*OTEL_EXPORTER_OTLP_ENDPOINT: /,
      ),
    }),
  )
  expect(() => readSettings(variables)).not.toThrow(/s3cret/)
})

test("the application's own variables are judged with ours", () => {
  const further = ({ SMTP_URL }: Record<string, string | undefined>) => [
    { path: 'SMTP_URL', message: `'${SMTP_URL}' is no address` },
  ]
  expect(() => readSettings({ PORT: 'x', SMTP_URL: 'y' }, further)).toThrow(/PORT: .*\n.*SMTP_URL: 'y' is no/)
})

test.each(['-1', '65536', '65530', '1.5', '1e3', '', ' 80'])("PORT '%s' is refused", (port) => {
  expect(() => readSettings({ PORT: port })).toThrow(/PORT/)
})
