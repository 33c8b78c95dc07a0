import { jsonSchemaOf, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import type { AnySchema, Contract, ErrorDefinition, Operation, PublishedEventType, Schema } from '../types.ts'

/** A contract as JSON, its schemas as JSON Schemas: to be sent, kept, and compared with another version later. */
export interface ContractDescription {
  readonly name: string
  readonly version: string
  readonly operations: Readonly<Record<string, OperationDescription>>
  readonly events: Readonly<Record<string, EventDescription>>
}

type Described<TThing, TSchemas extends keyof TThing> = Omit<TThing, TSchemas> &
  Readonly<Record<TSchemas, JsonSchemaObject>>

interface ErrorDescription extends Omit<ErrorDefinition, 'details'> {
  readonly details?: JsonSchemaObject
}

interface OperationDescription extends Described<Omit<Operation, 'errors'>, 'input' | 'output'> {
  readonly errors: Readonly<Record<string, ErrorDescription>>
}

type EventDescription = Described<PublishedEventType, 'data'>

/** @returns what a contract promises, without the code that checks it. */
export function describeContract({ name, version, operations, events }: Contract): ContractDescription {
  return {
    name,
    version,
    operations: mapped(operations, ({ input, output, errors, ...plain }: Operation) => ({
      ...plain,
      input: jsonSchemaOf(input, 'input'),
      output: jsonSchemaOf(output, 'output'),
      errors: mapped(errors, ({ kind, details }: ErrorDefinition) => ({
        kind,
        ...(details !== undefined && { details: jsonSchemaOf(details, 'output') }),
      })),
    })),
    events: mapped(events, ({ data, ...plain }: PublishedEventType) => ({
      ...plain,
      data: jsonSchemaOf(data, 'output'),
    })),
  }
}

/**
 * The contract that a description tells of: to compare, and to make documents from. It checks nothing: its schemas
 * take every value.
 */
export function contractOf({ name, version, operations, events }: ContractDescription): Contract {
  return {
    name,
    version,
    operations: mapped(operations, ({ input, output, errors, ...plain }) => ({
      ...plain,
      input: schemaOf(input),
      output: schemaOf(output),
      errors: mapped(errors, ({ kind, details }) => ({ kind, details: details && schemaOf(details) })),
    })),
    events: mapped(events, ({ data, ...plain }) => ({ ...plain, data: schemaOf(data) })),
  }
}

function schemaOf(described: JsonSchemaObject): AnySchema {
  const jsonSchema = () => ({ ...described })
  const schema: Schema = {
    '~standard': {
      version: 1,
      vendor: 'archipel',
      validate: (value) => ({ value }),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  }
  return schema
}

function mapped<TValue, TResult>(
  record: Readonly<Record<string, TValue>>,
  change: (value: TValue) => TResult,
): Readonly<Record<string, TResult>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
