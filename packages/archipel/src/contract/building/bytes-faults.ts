import type { Operation } from '../types.ts'
import type { ReportFault } from './fault.ts'

/** A type and subtype without parameters, in small letters, by which two types are compared. */
const CONTENT_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/

/** Reports what of an upload or a download can't be checked: its length, its content types. */
export function reportBytesFaults({ kind, bytes }: Operation, path: string, report: ReportFault): void {
  if (bytes === undefined) return
  const { contentTypes, maxBytes = 0 } = bytes
  if (kind === 'upload' && (!Number.isSafeInteger(maxBytes) || maxBytes < 1))
    report(`${path}.maxBytes`, `${maxBytes} is no number of bytes`, 'Say how long a body may be: 1 or more.')
  if (contentTypes.length === 0)
    report(
      `${path}.contentTypes`,
      'nothing could ever travel',
      "Name one type at least, such as 'image/png'.",
    )
  for (const [index, type] of contentTypes.entries()) {
    if (typeof type !== 'string' || !CONTENT_TYPE.test(type))
      report(
        `${path}.contentTypes[${index}]`,
        `${JSON.stringify(type)} is no content type`,
        "Write type and subtype in small letters, without parameters: 'image/png'. Anything at all is 'application/octet-stream'.",
      )
    else if (contentTypes.indexOf(type) !== index)
      report(`${path}.contentTypes[${index}]`, `'${type}' stands in it twice`, 'Name each type once.')
  }
}
