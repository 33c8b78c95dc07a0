import { frameworkError } from '../../errors/index.ts'

/** A list of which every service holds a part. */
export interface ListOverServices<TItem, TPlace> {
  readonly services: readonly string[]
  /** What one service holds behind a place, in its order, at most `limit`. */
  list(service: string, after: TPlace | undefined, limit: number): Promise<readonly TItem[]>
  /** Where an item stands in the part of its service. */
  placeOf(item: TItem): readonly (string | number)[]
  /** The place of these parts; undefined where they are none. */
  placeFrom(parts: readonly unknown[]): TPlace | undefined
}

/**
 * One page of it, services in the order of their names.
 * @param request how many items at most, and the cursor that the page before gave.
 * @returns `next` is undefined at the end. @throws ARC_INPUT_INVALID
 */
export async function pageOverServices<TItem extends { readonly service: string }, TPlace>(
  { services, list, placeOf, placeFrom }: ListOverServices<TItem, TPlace>,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): Promise<{ items: TItem[]; next: string | undefined }> {
  const begin = cursor === undefined ? undefined : beginOf(cursor, placeFrom)
  const found: TItem[] = []
  for (const service of services.toSorted()) {
    if (found.length > limit || (begin !== undefined && service < begin.service)) continue
    const after = begin?.service === service ? begin.place : undefined
    found.push(...(await list(service, after, limit + 1 - found.length)))
  }
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const next = last && found.length > limit ? cursorOf([last.service, ...placeOf(last)]) : undefined
  return { items, next }
}

function cursorOf(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function beginOf<TPlace>(
  cursor: string,
  placeFrom: ListOverServices<never, TPlace>['placeFrom'],
): { service: string; place: TPlace } {
  try {
    const [service, ...parts]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const place = placeFrom(parts)
    if (typeof service === 'string' && place !== undefined) return { service, place }
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw frameworkError('ARC_INPUT_INVALID', 'The cursor is none that this list gave.')
}
