/**
 * The first words of a statement as PostgreSQL's own scanner sees them: white space, comments (`--`, nested
 * slash-star) and empty statements before it are skipped. Words come in upper case, quoted names as written
 * within their quotes, anything else as single characters.
 */
export function leadingTokens(text: string, count: number): string[] {
  const tokens: string[] = []
  let at = 0
  while (tokens.length < count) {
    at = skipBlank(text, at, tokens.length === 0)
    const rest = text.slice(at, at + 200)
    if (rest === '') break
    const token = /^(?:[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")*"|[^])/i.exec(rest)?.[0] ?? rest
    tokens.push(
      token.startsWith('"') && token.length > 1
        ? token.slice(1, -1).replaceAll('""', '"')
        : token.toUpperCase(),
    )
    at += token.length
  }
  return tokens
}

function skipBlank(text: string, from: number, semicolons: boolean): number {
  let at = from
  for (;;) {
    const character = text[at]
    if (character === undefined) return at
    if (' \t\n\r\f\v'.includes(character) || (semicolons && character === ';')) at++
    else if (text.startsWith('--', at)) at = endOfLine(text, at)
    else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    else return at
  }
}

function endOfLine(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}

function endOfComment(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    if (text.startsWith('/*', at)) {
      depth++
      at += 2
    } else if (text.startsWith('*/', at)) {
      depth--
      at += 2
      if (depth === 0) return at
    } else at++
  }
  return at
}
