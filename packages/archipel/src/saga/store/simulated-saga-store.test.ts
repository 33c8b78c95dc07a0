import { createVirtualTime } from '../../testing/index.ts'
import { describeSagaStore } from './saga-store-contract.fixture.ts'
import { createSimulatedSagaStore } from './simulated-saga-store.fixture.ts'

describeSagaStore('the simulated store', async () => {
  const time = createVirtualTime()
  const store = createSimulatedSagaStore(time.clock, 300)
  return {
    store,
    commit: async (statements) => store.commit(statements),
    pass: (milliseconds) => time.advance(milliseconds),
    [Symbol.asyncDispose]: async () => undefined,
  }
})
