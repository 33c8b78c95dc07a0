import { compareContracts, contract, event, notFound, query } from 'archipel'
import { z } from 'zod'
import { say, see } from './stage/telling.ts'

const Book = z.object({ isbn: z.string(), title: z.string() })

const read = (input: z.ZodObject, output: z.ZodObject) =>
  query({ access: 'public', input, output, errors: { BOOK_NOT_FOUND: notFound() } })
const library = (version: string, operation: ReturnType<typeof read>, data: z.ZodObject = Book) =>
  contract('library', { version, operations: { readBook: operation }, events: { bookAdded: event({ data, key: 'isbn', version: 1 }) } })

const older = library('1.0.0', read(z.object({ isbn: z.string() }), Book))

export async function show(): Promise<void> {
  say('A newer library answers more and asks for something optional. Its old callers go on working.')
  const kind = library('1.1.0', read(z.object({ isbn: z.string(), language: z.string().optional() }), Book.extend({ pages: z.int() })))
  see('breaking changes', breaking(kind), [])

  say('A careless one takes a field away from its answer and from its event, and demands another from its callers.')
  const careless = library('1.2.0', read(z.object({ isbn: z.string(), library: z.string() }), Book.omit({ title: true })), Book.omit({ title: true }))
  see('breaking changes', breaking(careless), ['event bookAdded.data.title', 'answer readBook.output.title', 'input readBook.input.library'])
}

function breaking(newer: typeof older): string[] {
  return compareContracts(older, newer)
    .filter(({ compatible }) => !compatible)
    .map(({ path, direction, change, advice }) => {
      console.log(`    ${path}: ${change}. ${advice}`)
      return `${direction} ${path.replace(/^(operations|events)\./, '')}`
    })
}
