import { randomUUID } from 'node:crypto'
import { command, contract, service, type Contract } from 'archipel'
import type { TestApplication } from 'archipel/testing'
import { z } from 'zod'

/** One event to publish, by its name in the contract. */
export interface News {
  readonly event: string
  readonly data: object
}

/**
 * Stands in for a publisher, under its name and with its own events, in an application that has only who listens: so
 * that a test can make up what was published.
 */
export function newsOf({ name, events }: Pick<Contract, 'name' | 'events'>) {
  const publisher = contract(name, {
    version: '1.0.0',
    operations: {
      tell: command({
        access: 'internal',
        input: z.object({ news: z.array(z.object({ event: z.string(), json: z.string() })) }),
        output: z.object({ told: z.int() }),
      }),
    },
    events: { ...events },
  })
  return {
    service: service(publisher, {
      database: { migrations: new URL('./testing-migrations/', import.meta.url) },
    }).operation('tell', async ({ news }, { publish }) => {
      for (const { event, json } of news) publish[event]?.(JSON.parse(json))
      return { told: news.length }
    }),
    /** Publishes all of it in one transaction. */
    async tell(application: TestApplication, news: readonly News[]): Promise<void> {
      await application
        .client(publisher, { idempotencyKey: randomUUID() })
        .tell({ news: news.map(({ event, data }) => ({ event, json: JSON.stringify(data) })) })
    },
  }
}
