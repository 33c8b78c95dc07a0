// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every handler and schema fits, and none leaves as a value.
import { createValidator, type ErrorDefinition } from '../contract/index.ts'
import { ArchipelError, frameworkError, type JsonObject } from '../errors/index.ts'

type Factory = (details?: unknown, message?: string) => ArchipelError

/**
 * Makers of the errors that an operation declares. Details are validated when the error is made: what the contract
 * doesn't name can't leak through them.
 */
export function createErrorFactories(
  service: string,
  errors: Readonly<Record<string, ErrorDefinition<any>>>,
): Readonly<Record<string, Factory>> {
  const factories = Object.entries(errors).map(
    ([code, definition]) => [code, factoryOf(service, code, definition)] as const,
  )
  return Object.freeze(Object.fromEntries(factories))
}

function factoryOf(service: string, code: string, { kind, details: schema }: ErrorDefinition<any>): Factory {
  const validate = schema === undefined ? undefined : createValidator<JsonObject>(schema)
  return (details, message = readable(code)) => {
    const checked = validate?.(details)
    if (checked?.issues) {
      const first = checked.issues[0]
      throw frameworkError(
        'ARC_OUTPUT_INVALID',
        `The details of ${service}'s error ${code} don't fit: ${first?.path} ${first?.message}`,
      )
    }
    return new ArchipelError({ code, kind, message, details: checked?.value, declaredBy: service })
  }
}

/** `SKU_TAKEN` as a sentence for people: "Sku taken". */
function readable(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
