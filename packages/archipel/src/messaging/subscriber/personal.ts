import { personalTexts } from '../../contract/index.ts'
import type { LoggedEvent, SubscriptionDefinition } from '../types.ts'

/** What an event says about a person, as texts that no log line, failure or dead letter shows. */
export function personalIn(
  { personal }: SubscriptionDefinition,
  { type, data }: LoggedEvent,
): readonly string[] {
  return personalTexts(personal?.get(type) ?? [], data)
}
