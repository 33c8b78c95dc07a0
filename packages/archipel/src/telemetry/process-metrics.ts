/**
 * Metrics of the process itself (CPU, memory, event loop, garbage collection), in a registry of their own. They
 * are loaded and begin with the first scrape: a host that nobody scrapes starts faster without them.
 */
export function processMetrics(): () => Promise<string> {
  let registry: Promise<{ metrics(): Promise<string> }> | undefined
  return async () => {
    registry ??= import('prom-client').then(({ default: { Registry, collectDefaultMetrics } }) => {
      const register = new Registry()
      collectDefaultMetrics({ register })
      return register
    })
    return (await registry).metrics()
  }
}
