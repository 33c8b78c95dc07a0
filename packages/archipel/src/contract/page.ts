import { z } from 'zod'

const MAXIMUM_LIMIT = 100
const DEFAULT_LIMIT = 20

/** What every page is asked with. */
interface PageShape {
  readonly limit: z.ZodDefault<z.ZodInt>
  readonly cursor: z.ZodOptional<z.ZodString>
}

type NoFilters = Record<never, never>

/** The three parts of a paged query; spread them into its options. */
export interface Page<TItem extends z.ZodType, TFilters extends z.ZodRawShape> {
  readonly input: z.ZodObject<PageShape & TFilters>
  readonly output: z.ZodObject<{ items: z.ZodArray<TItem>; next: z.ZodNullable<z.ZodString> }>
  readonly paged: true
}

/**
 * A list as pages: `{ limit, cursor }` (1 to 100 items, 20 unless told; the cursor of the page before) and your
 * filters give `{ items, next }`, where `next` is the cursor of the next page, or null at the end.
 */
export function page<TItem extends z.ZodType>(item: TItem): Page<TItem, NoFilters>
export function page<TItem extends z.ZodType, TFilters extends z.ZodRawShape>(
  item: TItem,
  filters: TFilters,
): Page<TItem, TFilters>
export function page(item: z.ZodType, filters: z.ZodRawShape = {}): Page<z.ZodType, z.ZodRawShape> {
  return {
    input: z.object({
      ...filters,
      limit: z.int().min(1).max(MAXIMUM_LIMIT).default(DEFAULT_LIMIT),
      cursor: z.string().min(1).max(1_000).optional(),
    }),
    output: z.object({ items: z.array(item).max(MAXIMUM_LIMIT), next: z.string().nullable() }),
    paged: true,
  }
}
