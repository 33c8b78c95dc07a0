/** How the process ends, by sysexits.h as everywhere in Archipel. */
export const EXIT = {
  /** Everything was sent, and the shop has other books than the file. */
  differs: 1,
  usage: 64,
  brokenFile: 65,
  unavailable: 69,
  bug: 70,
  notAllowed: 77,
} as const

/** The import can't go on; started again, it continues where it was. */
export class ImportFailure extends Error {
  override readonly name = 'ImportFailure'
  readonly exitCode: number

  /** @param message what happened and what to do next. */
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
