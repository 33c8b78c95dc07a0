/** Says how far the import is: one line that is rewritten on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** A part of the work begins. */
  begin(what: string, total: number): void
  /** One more is done. */
  step(): void
  /** So many are done. */
  at(done: number): void
  /** The part is done. */
  end(): void
}

export interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const TERMINAL_EVERY_MS = 100
const LINES_EVERY_MS = 5_000
/** Back to the first column, and what stood there is gone. */
const REWRITE = '\r\u001b[2K'

/** @param now a clock that only goes forward, in milliseconds. */
export function createProgress(
  output: ProgressOutput,
  now: () => number = () => performance.now(),
): Progress {
  const terminal = output.isTTY === true
  let part = { what: '', total: 0, done: 0, beganAt: 0, toldAt: 0 }

  function tell(last: boolean): void {
    const { what, total, done, beganAt } = part
    const seconds = Math.max((now() - beganAt) / 1_000, 0.001)
    const rate = done / seconds
    const time = last
      ? `in ${seconds.toFixed(1)} s`
      : rate > 0
        ? `about ${timeText((total - done) / rate)} left`
        : 'no rate yet'
    const text = `${what}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}, ${rate.toFixed(0)}/s, ${time}`
    output.write(terminal ? `${REWRITE}${text}${last ? '\n' : ''}` : `${text}\n`)
    part.toldAt = now()
  }

  function at(done: number): void {
    part.done = done
    if (now() - part.toldAt >= (terminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS)) tell(false)
  }

  return {
    begin(what, total) {
      part = { what, total, done: 0, beganAt: now(), toldAt: now() }
    },
    step: () => at(part.done + 1),
    at,
    end: () => tell(true),
  }
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
