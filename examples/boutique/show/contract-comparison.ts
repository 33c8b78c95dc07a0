import { compareContracts, contract, event, notFound, query, type Contract } from 'archipel'
import { z } from 'zod'
import { say, see } from './stage/telling.ts'

const Isbn = z.object({ isbn: z.string() })
const Book = Isbn.extend({ title: z.string() })
const BOOK_NOT_FOUND = notFound()

const library = contract('library', {
  version: '1.0.0',
  operations: {
    readBook: query({ access: 'public', input: Isbn, output: Book, errors: { BOOK_NOT_FOUND } }),
  },
  events: { bookAdded: event({ data: Book, key: 'isbn', version: 1 }) },
})

/** Answers more, and asks for something optional. */
const kind = contract('library', {
  version: '1.1.0',
  operations: {
    readBook: query({
      access: 'public',
      input: Isbn.extend({ language: z.string().optional() }),
      output: Book.extend({ pages: z.int() }),
      errors: { BOOK_NOT_FOUND },
    }),
  },
  events: { bookAdded: event({ data: Book.extend({ pages: z.int() }), key: 'isbn', version: 1 }) },
})

/** Takes a field away from its answer and from its event, and demands one from its callers. */
const careless = contract('library', {
  version: '1.2.0',
  operations: {
    readBook: query({
      access: 'public',
      input: Isbn.extend({ shelf: z.string() }),
      output: Isbn,
      errors: { BOOK_NOT_FOUND },
    }),
  },
  events: { bookAdded: event({ data: Isbn, key: 'isbn', version: 1 }) },
})

export async function show(): Promise<void> {
  say('A newer library answers more, and asks for something optional. Its old callers go on working.')
  see('breaking changes', breaking(kind), [])

  say(
    'A careless one takes a title away from its answer and from its event, and demands a shelf from its callers.',
  )
  see('breaking changes', breaking(careless).toSorted(), [
    'events.bookAdded.data.title',
    'operations.readBook.input.shelf',
    'operations.readBook.output.title',
  ])
}

function breaking(newer: Contract): string[] {
  const changes = compareContracts(library, newer).filter(({ compatible }) => !compatible)
  for (const { path, change, advice } of changes) console.log(`    ${path}: ${change}. ${advice}`)
  return changes.map(({ path }) => path)
}
