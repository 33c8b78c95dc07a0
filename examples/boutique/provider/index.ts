export { startProvider } from './start.ts'
export type { Provider, ProviderOptions } from './start.ts'
