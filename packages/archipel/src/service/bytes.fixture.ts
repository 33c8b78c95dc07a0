import { z } from 'zod'
import {
  anyOf,
  contract,
  download,
  notFound,
  owner,
  query,
  refused,
  roles,
  upload,
} from '../contract/index.ts'
import type { Queryable } from '../storage/index.ts'
import { service } from './index.ts'
import { sql } from './service.fixture.ts'

const Id = z.object({ id: z.string() })
export const MAX_BYTES = 1_000_000
const TYPES = ['image/png', 'application/pdf'] as const

/** Files in a database, in small pieces, each of an owner. */
export const archive = contract('archive', {
  version: '1.0.0',
  operations: {
    put: upload({
      access: 'public',
      input: Id,
      output: z.object({ length: z.int(), sha256: z.string() }),
      errors: { EMPTY: refused() },
      maxBytes: MAX_BYTES,
      contentTypes: TYPES,
    }),
    replace: upload({
      access: anyOf(owner('id'), roles('clerk')),
      input: Id,
      output: z.object({}),
      maxBytes: MAX_BYTES,
      contentTypes: TYPES,
    }),
    get: download({
      access: 'public',
      input: Id,
      errors: { NO_FILE: notFound() },
      contentTypes: TYPES,
    }),
    getOwn: download({ access: owner('id'), input: Id, contentTypes: TYPES }),
    broken: download({
      access: 'public',
      input: z.object({ how: z.enum(['type', 'tag', 'short', 'long', 'throws']) }),
      contentTypes: TYPES,
    }),
    count: query({ access: 'public', input: z.object({}), output: z.object({ files: z.int() }) }),
  },
})

export const TABLES = `
create table files (id text primary key, owner text not null, type text not null, length int not null, sha256 text not null);
create table pieces (file text not null references files on delete cascade, number int not null, bytes bytea not null, primary key (file, number));
`

const PIECE = 10_000
const FileRow = z.object({ type: z.string(), length: z.int(), sha256: z.string() })
const Piece = z.object({ bytes: z.instanceof(Uint8Array) })

export const archiveService = service(archive, {})
  .operation('put', async ({ id }, { db, body, errors }) => {
    if (body.length === 0) throw errors.EMPTY()
    await db.run(
      sql`insert into files values (${id}, 'o-1', ${body.contentType}, ${body.length}, ${body.sha256})`,
    )
    let number = 0
    for await (const bytes of body.pieces(PIECE))
      await db.run(sql`insert into pieces values (${id}, ${number++}, ${bytes})`)
    return { length: body.length, sha256: body.sha256 }
  })
  .operation('replace', { ownerOf: async ({ id }, db) => ownerOf(id, db) }, async () => ({}))
  .operation('get', async ({ id }, { db, errors }) => {
    const file = await db.maybeOne(FileRow, sql`select type, length, sha256 from files where id = ${id}`)
    if (!file) throw errors.NO_FILE()
    return {
      contentType: file.type,
      length: file.length,
      entityTag: file.sha256,
      async *read(from, to) {
        for (let at = from; at < to;) {
          const number = Math.floor(at / PIECE)
          const { bytes } = await db.one(
            Piece,
            sql`select bytes from pieces where file = ${id} and number = ${number}`,
          )
          const piece = bytes.subarray(at - number * PIECE, to - number * PIECE)
          at += piece.length
          yield piece
        }
      },
    }
  })
  .operation('getOwn', { ownerOf: async ({ id }, db) => ownerOf(id, db) }, async () => answer('image/png', 3))
  .operation('broken', async ({ how }) => {
    if (how === 'type') return answer('text/plain', 3)
    if (how === 'tag') return { ...answer('image/png', 3), entityTag: 'with "quotes"' }
    if (how === 'throws')
      return {
        ...answer('image/png', 3),
        // oxlint-disable-next-line require-yield -- it breaks before the first byte
        async *read() {
          throw new Error('a disk that broke')
        },
      }
    return answer('image/png', how === 'short' ? 4 : 2)
  })
  .operation('count', async (_input, { db }) =>
    db.one(z.object({ files: z.int() }), sql`select count(*)::int as files from files`),
  )

function answer(contentType: string, length: number) {
  return {
    contentType,
    length,
    async *read() {
      yield Uint8Array.of(1, 2, 3)
    },
  }
}

async function ownerOf(id: string, db: Queryable): Promise<string | undefined> {
  const Row = z.object({ owner: z.string() })
  return (await db.maybeOne(Row, sql`select owner from files where id = ${id}`))?.owner
}
