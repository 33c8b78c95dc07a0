/** One statement of a script, without its semicolon. */
export interface ScriptStatement {
  readonly text: string
  /** Where it begins: 1 is the first line. */
  readonly line: number
}

/** Comments, texts, names in quotes, bodies between dollars, words, and single characters. */
const TOKEN =
  /--[^\n]*|\/\*[^]*?\*\/|e'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[^]*?\$\1\$|[\w\u0080-\uffff][\w$\u0080-\uffff]*|[^]/gi
const BLANK = /^(?:\s|--|\/\*)/

/** The statements of a script as PostgreSQL counts them; what is only white space or a comment is none. */
export function statementsOf(script: string): readonly ScriptStatement[] {
  const statements: ScriptStatement[] = []
  let start: number | undefined
  let brackets = 0
  // A body that is written out, BEGIN ATOMIC … END, has semicolons of its own.
  let bodies = 0
  let before = ''
  const close = (end: number): void => {
    if (start !== undefined)
      statements.push({
        text: script.slice(start, end).trim(),
        line: script.slice(0, start).split('\n').length,
      })
    start = undefined
  }
  for (const { 0: token, index } of script.matchAll(TOKEN)) {
    if (BLANK.test(token)) continue
    const word = token.toUpperCase()
    if (word === '(') brackets++
    if (word === ')') brackets--
    if ((word === 'ATOMIC' && before === 'BEGIN') || (word === 'CASE' && bodies > 0)) bodies++
    if (word === 'END' && bodies > 0) bodies--
    before = word
    if (token === ';' && brackets === 0 && bodies === 0) close(index)
    else start ??= index
  }
  close(script.length)
  return statements
}
