import { answerRunner } from '../harness/answer-runner.ts'
import { quote, timeCalls, type QuoteRequest } from './caller.ts'

async function call(request: QuoteRequest) {
  return quote(request)
}

answerRunner({ calls: (calls: number) => timeCalls(call, calls) })
