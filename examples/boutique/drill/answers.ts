import { z } from 'zod'
import type { Answer } from './shop-client.ts'

const Problem = z.object({ code: z.string() })
export const WithId = z.object({ id: z.string() })

/** What an accepted request was answered. @throws when it was refused */
export function accepted<TBody>({ status, body }: Answer, what: string, schema: z.ZodType<TBody>): TBody {
  if (status < 300) return schema.parse(body)
  throw new Error(`${what} was answered ${status}: ${JSON.stringify(body)}`)
}

/** The code of a refusal that may well come, since somebody else was faster; undefined for any other answer. */
export function lostTo(answer: Answer, codes: readonly string[]): string | undefined {
  const problem = Problem.safeParse(answer.body)
  if (answer.status < 300 || !problem.success) return undefined
  return codes.find((code) => code === problem.data.code)
}
