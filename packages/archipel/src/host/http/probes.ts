import { JSON_TYPE, send, type Exchange } from './answer.ts'

const NO_STORE: readonly string[] = ['Cache-Control', 'no-store']

/** `/livez`: the process answers. It never looks at anything else, or a slow database would get hosts killed. */
export function answerLive(exchange: Exchange): void {
  send(exchange, 200, JSON_TYPE, '{"status":"alive"}', NO_STORE)
}

/** `/readyz`: whether new work should come here. */
export function answerReady(exchange: Exchange, ready: boolean): void {
  send(
    exchange,
    ready ? 200 : 503,
    JSON_TYPE,
    ready ? '{"status":"ready"}' : '{"status":"not ready"}',
    NO_STORE,
  )
}
