/**
 * Text from outside that is safe at a terminal: what could move its cursor or change its colours is written as an
 * escape. With `lines` line breaks stay.
 */
export function plain(text: string, breaks: 'escaped' | 'lines' = 'escaped'): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      breaks === 'lines' && character === '\n'
        ? character
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
