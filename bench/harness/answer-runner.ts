type Answers = Readonly<Record<string, (input: never) => unknown>>

interface Question {
  readonly id: number
  readonly question: string
  readonly input: unknown
}

/**
 * The candidate's end of the channel to the runner: says that it is ready, answers questions one after the other,
 * closes when the runner lets go of the channel, or is gone itself.
 */
export function answerRunner(
  answers: Answers,
  close: () => unknown = () => undefined,
  about: Record<string, string> = {},
): void {
  process.on('message', (message: Question) => void answer(answers, message))
  process.once('disconnect', () => void leave(close))
  process.send?.({ ready: about })
}

async function answer(answers: Answers, { id, question, input }: Question): Promise<void> {
  try {
    const handler = answers[question]
    if (!handler) throw new Error(`no answer to '${question}'`)
    process.send?.({ id, answer: await handler(input as never) })
  } catch (failure) {
    process.send?.({
      id,
      failure: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure),
    })
  }
}

async function leave(close: () => unknown): Promise<void> {
  try {
    await close()
  } finally {
    process.exit()
  }
}
