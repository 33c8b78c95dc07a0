import { sql, type HandledEvent, type Queryable, type WriteDatabase } from 'archipel'
import { Rating, reviews } from './contract.ts'

const { reviewPublished, reviewChanged, reviewHidden, reviewShown } = reviews.events

/** What moves a rating. */
export const NEWS_OF_REVIEWS = [reviewPublished, reviewChanged, reviewHidden, reviewShown] as const
type News = HandledEvent<(typeof NEWS_OF_REVIEWS)[number]>

interface Change {
  readonly sku: string
  readonly reviews: number
  readonly stars: number
}

/** What news come to, product by product. */
export function ratingChangesOf(news: readonly News[]): Change[] {
  const changes = new Map<string, Change>()
  for (const one of news.map(changeOf)) {
    const { reviews, stars } = changes.get(one.sku) ?? { reviews: 0, stars: 0 }
    changes.set(one.sku, { sku: one.sku, reviews: reviews + one.reviews, stars: stars + one.stars })
  }
  return [...changes.values()]
}

function changeOf({ type, data }: News): Change {
  const { sku, stars } = data
  if (type === reviewChanged.type) return { sku, reviews: 0, stars: stars - data.previousStars }
  return type === reviewHidden.type ? { sku, reviews: -1, stars: -stars } : { sku, reviews: 1, stars }
}

/** Two statements: one that inserts what is below zero breaks the rule of the table before it adds. */
export async function rate(db: WriteDatabase, news: readonly News[]): Promise<void> {
  const changes = ratingChangesOf(news)
  const skus = changes.map(({ sku }) => sku)
  await db.run(sql`
    insert into ratings (sku, reviews, stars) select sku, 0, 0 from unnest(${skus}::text[]) as sku
      on conflict (sku) do nothing`)
  await db.run(sql`
    update ratings r set reviews = r.reviews + c.reviews, stars = r.stars + c.stars
      from unnest(${skus}::text[], ${changes.map((change) => change.reviews)}::int[],
        ${changes.map((change) => change.stars)}::int[]) as c (sku, reviews, stars)
      where r.sku = c.sku`)
}

export async function ratingOf(db: Queryable, sku: string) {
  const rating = await db.maybeOne(
    Rating,
    sql`select sku, reviews as count, round(stars::numeric / nullif(reviews, 0), 2)::float8 as average
      from ratings where sku = ${sku}`,
  )
  return rating ?? { sku, count: 0, average: null }
}
