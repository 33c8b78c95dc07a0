// A host that only holds its database, for tests that kill it: `node test-host.fixture.ts DATA HOST`.
import { systemEnvironment } from '../../environment/index.ts'
import { quietTelemetry } from '../../telemetry/index.ts'
import { openDatabaseServer } from '../index.ts'

const [dataFolder = '', host = ''] = process.argv.slice(2)
try {
  await openDatabaseServer({ environment: systemEnvironment(), dataFolder, host, log: quietTelemetry().log })
  console.log('open')
  process.stdin.resume()
} catch (error) {
  console.log(error instanceof Error && 'code' in error ? `${String(error.code)} ${error.message}` : error)
  process.exitCode = 1
}
