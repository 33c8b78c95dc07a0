/** What the command sees of the process that it runs in. */
export interface Io {
  readonly stdout: { write(text: string): unknown }
  /** All of it, to its end. */
  standardInput(): Promise<string>
  readonly stderr: { write(text: string): unknown }
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Paths on the command line are relative to it. */
  readonly workingFolder: string
}
