import type { StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'
import { frameworkError } from '../errors/index.ts'
import type { AnySchema, Schema } from './types.ts'

const MAXIMUM_LIMIT = 100
const DEFAULT_LIMIT = 20
const MAXIMUM_CURSOR = 1_000

type Filters = Readonly<Record<string, AnySchema>>
type Sent<TSchema extends AnySchema> = StandardSchemaV1.InferInput<TSchema>
type Read<TSchema extends AnySchema> = StandardSchemaV1.InferOutput<TSchema>
type Flat<TFields> = { [TName in keyof TFields]: TFields[TName] }

/** What a caller sends: limit, cursor and the filters, of which those that may be undefined may be left out. */
export type PageInput<TFilters extends Filters> = Flat<
  { limit?: number | undefined; cursor?: string | undefined } & {
    [TName in keyof TFilters as undefined extends Sent<TFilters[TName]> ? never : TName]: Sent<
      TFilters[TName]
    >
  } & {
    [TName in keyof TFilters as undefined extends Sent<TFilters[TName]> ? TName : never]?: Sent<
      TFilters[TName]
    >
  }
>

/** What a handler reads: the limit is always there. */
export type PageRequest<TFilters extends Filters> = Flat<
  { limit: number; cursor?: string | undefined } & {
    [TName in keyof TFilters as undefined extends Read<TFilters[TName]> ? never : TName]: Read<
      TFilters[TName]
    >
  } & {
    [TName in keyof TFilters as undefined extends Read<TFilters[TName]> ? TName : never]?: Read<
      TFilters[TName]
    >
  }
>

/** The three parts of a paged query; spread them into its options. */
export interface Page<TItem extends AnySchema, TFilters extends Filters> {
  readonly input: Schema<PageInput<TFilters>, PageRequest<TFilters>>
  readonly output: Schema<{ items: Read<TItem>[]; next: string | null }>
  readonly paged: true
}

export interface PageOptions {
  /** What a cursor of this list looks like, so that one that can be none is refused and named. Default: any text. */
  readonly cursor?: Schema<string> | undefined
}

/**
 * A list as pages: `{ limit, cursor }` (1 to 100 items, 20 unless told; the cursor of the page before) and your
 * filters give `{ items, next }`, where `next` is the cursor of the next page, or null at the end. Built with
 * Zod 4, so item and filters are schemas of Zod, of any copy of it.
 */
export function page<TItem extends AnySchema, TFilters extends Filters = Record<never, never>>(
  item: TItem,
  filters?: TFilters,
  options?: PageOptions,
): Page<TItem, TFilters>
export function page(
  item: AnySchema,
  filters: Filters = {},
  options: PageOptions = {},
): Page<AnySchema, Filters> {
  const cursor = options.cursor && asZod(options.cursor, 'cursor')
  const shape = Object.fromEntries(
    Object.entries(filters).map(([name, filter]) => [name, asZod(filter, name)]),
  )
  return {
    input: z.object({
      ...shape,
      limit: z.int().min(1).max(MAXIMUM_LIMIT).default(DEFAULT_LIMIT),
      cursor: z
        .string()
        .min(1)
        .max(MAXIMUM_CURSOR)
        .refine((text) => cursor?.safeParse(text).success ?? true, 'this is no cursor of this list')
        .optional(),
    }),
    output: z.object({
      items: z.array(asZod(item, 'items')).max(MAXIMUM_LIMIT),
      next: z.string().nullable(),
    }),
    paged: true,
  }
}

function asZod(schema: AnySchema, place: string): z.ZodType {
  if (isZod(schema)) return schema
  throw frameworkError(
    'ARC_CONTRACT_INVALID',
    `page: '${place}' is no schema of Zod 4, with which pages are built`,
  )
}

function isZod(schema: object): schema is z.ZodType {
  return '_zod' in schema
}
