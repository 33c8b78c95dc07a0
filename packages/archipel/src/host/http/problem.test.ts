import { expect, test } from 'vitest'
import { frameworkError } from '../../errors/index.ts'
import { problemOf } from './problem.ts'

test('a correlation id that no URI can hold was written into `instance` as it is', () => {
  const { body } = problemOf(frameworkError('ARC_FORBIDDEN', 'no'), '{"a": 1}')
  expect(body).toMatchObject({
    instance: 'urn:archipel:request:%7B%22a%22%3A%201%7D',
    correlationId: '{"a": 1}',
  })
})
