// A guide's code is its readers' code: files are taken out of the page as a reader copies them.

/** The files of a page: blocks under a paragraph that begins with the file's name. */
export function filesIn(markdown: string): Map<string, string> {
  const blocks = markdown.matchAll(
    /^`([\w./-]+\.\w+)`[^\n]*(?:\n[^\n]+)*\n\n```(?:ts|json|sql)\n([^]*?)\n```$/gm,
  )
  const files = new Map<string, string>()
  for (const [, name = '', text = ''] of blocks) {
    if (files.has(name)) throw new Error(`the guide has ${name} twice`)
    files.set(name, `${text}\n`)
  }
  return files
}

/** What its readers type into a shell: each block, in order. */
export function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```(?:sh|bash)\n([^]*?)\n```$/gm)].map(([, text = '']) => text)
}

/** The answers that a page promises beside its requests: `# HTTP/1.1 201 Created`. */
export function promisedIn(text: string): string[] {
  return text.match(/HTTP\/1\.1 \d{3} [\w ]*\w/g) ?? []
}
