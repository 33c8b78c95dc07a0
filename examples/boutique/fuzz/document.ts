import { z } from 'zod'

/** A JSON Schema as far as the generator reads it. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

const Schema: z.ZodType<JsonSchema> = z.union([z.boolean(), z.record(z.string(), z.unknown())])
const Body = z.object({
  required: z.boolean().optional(),
  content: z.record(z.string(), z.object({ schema: Schema.optional() })),
})
const Parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  required: z.boolean().optional(),
  schema: Schema,
})
const Operation = z.object({
  operationId: z.string(),
  tags: z.array(z.string()).optional(),
  'x-archipel-access': z.unknown(),
  parameters: z.array(Parameter).default([]),
  requestBody: Body.optional(),
  responses: z.record(
    z.string(),
    z.object({ content: z.record(z.string(), z.object({ schema: Schema.optional() })).optional() }),
  ),
})

/** An OpenAPI document as far as this fuzzer reads it: it knows the shop by nothing else. */
export const Document = z.object({
  servers: z.array(z.object({ url: z.string() })).min(1),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
})
export type Document = z.infer<typeof Document>

const Method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
type Method = z.infer<typeof Method>

/** One operation with its place. */
export interface Target extends z.infer<typeof Operation> {
  readonly method: Method
  readonly path: string
}

export function targetsOf({ paths }: Document): Target[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: Method.parse(method.toUpperCase()),
      path,
    })),
  )
}
