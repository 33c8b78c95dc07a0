import { instant, type Environment } from '../../environment/index.ts'

/** Says where an open door is, and which process opened it. Readers see all of the file or nothing. */
export async function announceDoor(
  { clock, files }: Pick<Environment, 'clock' | 'files'>,
  path: string,
  { url, host }: { readonly url: string; readonly host: string },
): Promise<void> {
  await files.write(
    path,
    `${JSON.stringify({ url, host, process: process.pid, since: instant(clock) })}\n`,
    0o600,
  )
}
