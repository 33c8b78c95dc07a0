/**
 * Works on items as they come, so many at once; the next one is only taken when there is room for it. After a failure
 * no further item begins, and it is thrown once those that had begun are finished.
 */
export async function atOnce<TItem>(
  items: AsyncIterable<TItem> | Iterable<TItem>,
  most: number,
  work: (item: TItem) => Promise<void>,
): Promise<void> {
  const working = new Set<Promise<void>>()
  const failures: unknown[] = []
  for await (const item of items) {
    const one = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => working.delete(one))
    working.add(one)
    if (working.size >= most) await Promise.race(working)
    if (failures.length > 0) break
  }
  await Promise.all(working)
  if (failures.length > 0) throw failures[0]
}
