import type { Command } from 'commander'
import type { Access, Contract, Operation } from '../../contract/index.ts'
import { frameworkError, type JsonObject, type JsonValue } from '../../errors/index.ts'
import { print, type Cli } from '../session.ts'
import { column, table } from '../show/table.ts'
import { diffCommand } from './contract-diff.ts'
import { load, SOURCE } from './load-contracts.ts'

const BASE_PATH = '/api/v1'
const TITLE = 'its title; else the names of the contracts'

/** `archipel contract …` */
export function contractCommands(program: Command, cli: Cli): void {
  const group = program
    .command('contract')
    .description('what services promise, and what changes between two versions')
  group
    .command('show')
    .description('operations and events; with --json all of it, to be kept and compared')
    .argument('[source]', SOURCE, 'running')
    .option('--contract <name>', 'this one only')
    .action(async (source: string, { contract: name }: { contract?: string }, command: Command) => {
      const contracts = chosen(await load(source, cli, command), name, source)
      const { describeContract } = await import('../../contract/index.ts')
      const descriptions = asJson(contracts.map(describeContract))
      print(cli, command, { contracts: descriptions }, () => contracts.map(overview).join('\n'))
    })
  diffCommand(group, cli)
  openApiCommand(group, cli)
  asyncApiCommand(group, cli)
}

function chosen(
  contracts: readonly Contract[],
  name: string | undefined,
  source: string,
): readonly Contract[] {
  const found = contracts.filter((contract) => name === undefined || contract.name === name)
  if (found.length > 0) return found
  throw frameworkError('ARC_NOT_FOUND', `There is no contract '${name}' in ${source}.`)
}

/** Through text: schemas may hold what JSON leaves out. */
function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value))
}

function overview({ name, version, operations, events }: Contract): string {
  const rows = Object.entries(operations).map(([operation, definition]) =>
    operationRow(operation, definition),
  )
  const eventRows = Object.values(events).map(({ type, key, personal }) => ({
    type,
    key,
    personal: personal.join(', '),
  }))
  const columns = ['operation', 'kind', 'route', 'access', 'errors'].map((field) => column(field))
  return [
    `${name} ${version}`,
    table(rows, columns, 'No operations.'),
    ...(eventRows.length > 0
      ? [table(eventRows, [column('type', 'event'), column('key'), column('personal')], '')]
      : []),
  ].join('\n')
}

function operationRow(operation: string, { kind, http, access, errors }: Operation): JsonObject {
  return {
    operation,
    kind,
    route: http === undefined ? null : `${http.method} ${http.path}`,
    access: accessText(access),
    errors: Object.keys(errors).join(', '),
  }
}

function accessText(access: Access): string {
  if (typeof access === 'string') return access
  if ('roles' in access) return access.roles.join(' or ')
  if ('scope' in access) return `scope ${access.scope}`
  if ('owner' in access) return `owner by ${access.owner}`
  return access.anyOf.map(accessText).join(' or ')
}

interface DocumentOptions {
  readonly title?: string
}

function openApiCommand(group: Command, cli: Cli): void {
  group
    .command('openapi')
    .description('the OpenAPI 3.1 document of the operations')
    .argument('[source]', SOURCE, 'running')
    .option('--title <text>', TITLE)
    .option('--base-path <path>', 'where the gateway serves them', BASE_PATH)
    .action(async (source: string, options: DocumentOptions & { basePath: string }, command: Command) => {
      const contracts = await load(source, cli, command)
      const { openApi } = await import('../../contract/index.ts')
      write(cli, openApi({ title: titleOf(contracts, options), contracts, basePath: options.basePath }))
    })
}

function asyncApiCommand(group: Command, cli: Cli): void {
  group
    .command('asyncapi')
    .description('the AsyncAPI 3.0 document of the events')
    .argument('[source]', SOURCE, 'running')
    .option('--title <text>', TITLE)
    .action(async (source: string, options: DocumentOptions, command: Command) => {
      const contracts = await load(source, cli, command)
      const { asyncApi } = await import('../../contract/index.ts')
      write(cli, asyncApi({ title: titleOf(contracts, options), contracts }))
    })
}

function titleOf(contracts: readonly Contract[], { title }: DocumentOptions): string {
  return title ?? contracts.map(({ name }) => name).join(', ')
}

/** A document is JSON, also for people. */
function write(cli: Cli, document: object): void {
  cli.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}
