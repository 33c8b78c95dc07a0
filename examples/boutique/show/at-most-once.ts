import { openShop } from './stage/shop.ts'
import { say, see, seeSoon } from './stage/telling.ts'

export async function show(): Promise<void> {
  await using shop = await openShop()
  const mailTo = async (name: string) => {
    const { items }: { items: { to: string[]; subject: string }[] } = (
      await shop.operations.get('/mail')
    ).expect(200)
    return items.filter(({ to }) => to[0]?.startsWith(`${name}@`)).map(({ subject }) => subject)
  }
  const unknown = async () => {
    const { items }: { items: Unknown[] } = (await shop.operations.get('/unknown-outcomes')).expect(200)
    return items.filter(({ service }) => service === 'notifications')
  }

  say(
    'Ann’s order is rejected, and she is told by mail. Nobody waits for the mail server: the order is through long since.',
  )
  const ann = await shop.signIn('ann')
  await shop.ended(await ann.order('MUG', 1, 'tok_declined'))
  await seeSoon('her letters', async () => (await mailTo('ann')).length, 2)

  say(
    'Zoe’s mail server takes each letter and cuts the line instead of saying so. Did it arrive? Mail knows no keys.',
  )
  const zoe = await shop.signIn('zoe')
  await shop.ended(await zoe.order('MUG', 1, 'tok_declined'))
  await seeSoon('outcomes that nobody knows', async () => (await unknown()).length, 2)
  see('letters, none of them twice', (await mailTo('zoe')).length, 2)

  say('A person asks her, and says what happened. That is on record, and the letter is settled.')
  for (const { operation, principal, key } of await unknown())
    (
      await shop.operations.post('/unknown-outcomes/notifications/resolve', {
        operation,
        principal,
        key,
        outcome: JSON.stringify({ status: 'sent' }),
        who: 'olga',
        why: 'Zoe has it',
      })
    ).expect(200)
  await seeSoon(
    'what Zoe reads of them',
    async () => statuses((await zoe.get('/notifications')).expect(200)),
    'sent sent',
  )
  see('letters, still', (await mailTo('zoe')).length, 2)
}

interface Unknown {
  readonly service: string
  readonly operation: string
  readonly principal: string
  readonly key: string
}

function statuses({ items }: { items: { status: string }[] }): string {
  return items.map(({ status }) => status).join(' ')
}
