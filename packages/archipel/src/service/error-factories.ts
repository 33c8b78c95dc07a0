// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every handler and schema fits, and none leaves as a value.
import { createValidator, jsonSchemaOf, type AnySchema, type ErrorDefinition } from '../contract/index.ts'
import { ArchipelError, frameworkError, type ErrorKind, type JsonObject } from '../errors/index.ts'

type Factory = (details?: unknown, message?: string) => ArchipelError

/** The operation whose errors they are: `orders.placeOrder`, and its service by itself. */
export interface ErrorSource {
  readonly service: string
  readonly path: string
}

/**
 * Makers of the errors that an operation declares. Details are validated when the error is made: what the contract
 * doesn't name can't leak through them. Whoever reaches for another error is told where to declare it.
 */
export function createErrorFactories(
  source: ErrorSource,
  errors: Readonly<Record<string, ErrorDefinition<any>>>,
): Readonly<Record<string, Factory>> {
  const factories = Object.entries(errors).map(
    ([code, definition]) => [code, factoryOf(source, code, definition)] as const,
  )
  return Object.freeze(Object.assign(undeclared(source, Object.keys(errors)), Object.fromEntries(factories)))
}

function factoryOf(
  { service, path }: ErrorSource,
  code: string,
  { kind, details: schema }: ErrorDefinition<any>,
): Factory {
  const validate = schema === undefined ? undefined : createValidator<JsonObject>(schema)
  return (details, message = readable(code)) => {
    if (validate === undefined && details !== undefined)
      throw misused(
        `${path} gives ${code} details, and its contract declares none: write errors.${code}(), or errors.${code}(undefined, 'a message'); or declare them, ${code}: ${factoryName(kind)}(z.object({ … }))`,
      )
    const checked = validate?.(details)
    if (checked?.issues) {
      const faults = checked.issues.map((issue) => `${issue.path || 'they'}: ${issue.message}`).join('; ')
      throw misused(
        `The details of ${path}'s error ${code} don't fit its contract (${faults}): write errors.${code}(${formOf(schema)})`,
      )
    }
    return new ArchipelError({ code, kind, message, details: checked?.value, declaredBy: service })
  }
}

/** The details as a handler writes them. */
function formOf(schema: AnySchema | undefined): string {
  const fields = schema === undefined ? [] : Object.keys(jsonSchemaOf(schema, 'input').properties ?? {})
  return fields.length === 0 ? '…' : `{ ${fields.join(', ')} }`
}

/** The word by which contracts declare a kind. */
function factoryName(kind: ErrorKind): string {
  return kind.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** What the makers inherit: whatever they don't have themselves is an error that nobody declared. */
function undeclared({ path }: ErrorSource, codes: readonly string[]): object {
  const known = codes.length === 0 ? 'it declares none' : `it declares ${codes.join(', ')}`
  const inherited = new Proxy(
    {},
    {
      get(_target, code) {
        // Whoever looks at the makers, as a logger does, makes no error.
        if (typeof code === 'symbol' || code === 'then' || code === 'toJSON') return undefined
        return () => {
          throw misused(
            `${path} declares no error ${code} (${known}): write errors: { ${code}: conflict() } into the operation in its contract, with the word for its kind (conflict, notFound, refused …)`,
          )
        }
      },
    },
  )
  return Object.create(inherited)
}

function misused(message: string): ArchipelError {
  return frameworkError('ARC_OUTPUT_INVALID', message)
}

/** `SKU_TAKEN` as a sentence for people: "Sku taken". */
function readable(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
