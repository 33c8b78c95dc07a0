import { ERROR_CATALOGUE, ERROR_KINDS } from '../packages/archipel/src/errors/index.ts'

/** The reference page of all errors, as Markdown: made from the tables, so that it can't be wrong. */
export function errorsPage(): string {
  const kinds = Object.entries(ERROR_KINDS).map(
    ([kind, { http, exit, final }]) => `| \`${kind}\` | ${http} | ${exit} | ${final ? 'yes' : 'no'} |`,
  )
  const errors = Object.entries(ERROR_CATALOGUE).map(
    ([code, { kind, summary, advice }]) => `| \`${code}\` | \`${kind}\` | ${summary} | ${advice} |`,
  )
  return `# Errors

Every error has a stable \`code\`, a \`kind\` from a closed list, and an \`effect\` that says whether the work happened:
\`none\`, \`unknown\` (ask again with the same idempotency key) or \`done\`. Over HTTP it is a problem document (RFC 9457),
which may say in \`retryAfterMs\` after how long to ask again; \`Retry-After\` is the same in whole seconds, rounded up. This page is made from
the source, so that it can't be wrong.

## Kinds

\`final\` errors are the answer of their idempotency key: asking again gives the same answer. After the others, ask again.

| kind | HTTP status | exit code | final |
| --- | --- | --- | --- |
${kinds.join('\n')}

## Codes of the framework

A service declares codes of its own in its contract; they never begin with \`ARC_\`.

| code | kind | what happened | what to do |
| --- | --- | --- | --- |
${errors.join('\n')}
`
}
