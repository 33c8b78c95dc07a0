/**
 * Keeps the process from ending while it waits for another one: our timers alone don't.
 * @returns how to let go.
 */
export function keepAlive(): () => void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => undefined)
  port1.start()
  return () => {
    port1.close()
    port2.close()
  }
}
