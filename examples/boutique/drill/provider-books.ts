import { fetch } from 'undici'
import { z } from 'zod'
import { BooksLine } from './finding.ts'

const Page = z.object({ items: z.array(BooksLine), next: z.string().nullable() })

/** What the card processor says it took, gave back and holds, by order: asked at its own door. */
export async function readProviderBooks(url: string): Promise<BooksLine[]> {
  const lines: BooksLine[] = []
  let after: string | null = ''
  do {
    const response = await fetch(
      `${url}/books?limit=1000${after ? `&after=${encodeURIComponent(after)}` : ''}`,
    )
    const page: z.infer<typeof Page> = Page.parse(await response.json())
    lines.push(...page.items)
    after = page.next
  } while (after !== null)
  return lines
}
