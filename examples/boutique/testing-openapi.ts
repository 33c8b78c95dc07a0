import { Validator } from '@seriousme/openapi-schema-validator'

/** The verdict of a validator that isn't ours. */
export async function validate(document: unknown): Promise<{ valid: boolean; errors?: unknown }> {
  const { valid, errors } = await new Validator().validate(Object(document))
  return valid ? { valid } : { valid, errors }
}
