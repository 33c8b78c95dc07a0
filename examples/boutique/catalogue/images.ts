import { sql, type ReadDatabase, type WriteDatabase } from 'archipel'
import { z } from 'zod'
import { Image } from './contract.ts'

const StoredImage = Image.extend({ id: z.uuid() })
const Chunk = z.object({ bytes: z.instanceof(Uint8Array) })

/** Each chunk is one row, read by one statement: a slow reader holds nothing between two of them. */
const CHUNK_BYTES = 262_144
const columns = sql`id, type as "contentType", length, sha256, at`

/** The image that a product has now. */
export function currentImage(db: Pick<ReadDatabase, 'maybeOne'>, sku: string) {
  return db.maybeOne(
    StoredImage,
    sql`select ${columns} from images where sku = ${sku} and replaced_at is null`,
  )
}

/**
 * Gives a product another image. Who reads the former one at this moment reads it to its end: it is thrown away later.
 * The product's row is locked by who calls.
 */
export async function replaceImage(
  db: WriteDatabase,
  sku: string,
  image: z.infer<typeof Image> & { readonly id: string; pieces(bytes: number): AsyncIterable<Uint8Array> },
): Promise<void> {
  const { id, contentType, length, sha256, at } = image
  await retireImage(db, sku, at)
  await db.run(
    sql`insert into images (id, sku, type, length, sha256, at)
      values (${id}, ${sku}, ${contentType}, ${length}, ${sha256}, ${at})`,
  )
  let number = 0
  for await (const bytes of image.pieces(CHUNK_BYTES))
    await db.run(sql`insert into image_chunks (image, number, bytes) values (${id}, ${number++}, ${bytes})`)
  await throwAway(db, at)
}

/** @returns whether there was one. */
export async function retireImage(db: WriteDatabase, sku: string, at: string): Promise<boolean> {
  const retired = await db.run(
    sql`update images set replaced_at = ${at} where sku = ${sku} and replaced_at is null`,
  )
  return retired > 0
}

/** No download lasts longer than an hour. A few at a time, so that no upload pays for all that lies about. */
async function throwAway(db: WriteDatabase, now: string): Promise<void> {
  await db.run(sql`delete from images where id in (
    select id from images where replaced_at < ${now}::timestamptz - interval '1 hour'
    order by replaced_at limit 10 for update skip locked)`)
}

/** The bytes of an image from `from` up to, not including, `to`. */
export async function* readImage(
  db: Pick<ReadDatabase, 'one'>,
  id: string,
  from: number,
  to: number,
): AsyncIterable<Uint8Array> {
  for (let at = from; at < to;) {
    const number = Math.floor(at / CHUNK_BYTES)
    const begin = number * CHUNK_BYTES
    const { bytes } = await db.one(
      Chunk,
      sql`select bytes from image_chunks where image = ${id} and number = ${number}`,
    )
    yield bytes.subarray(at - begin, to - begin)
    at = begin + bytes.length
  }
}
