import type { SettingFault } from 'archipel'
import { z } from 'zod'

type Variables = Readonly<Record<string, string | undefined>>

/** Where letters go, and whom they come from. */
export interface MailSettings {
  /** `SMTP_URL`; undefined: the local mailbox. */
  readonly server: string | undefined
  /** `SMTP_FROM`, default `orders@boutique.example`. */
  readonly from: string
}

/** What is wrong with `SMTP_URL` and `SMTP_FROM`, without showing a password. */
export function mailFaults({ SMTP_URL, SMTP_FROM }: Variables): SettingFault[] {
  const faults: SettingFault[] = []
  if (SMTP_URL !== undefined && !isMailServer(SMTP_URL))
    faults.push({ path: 'SMTP_URL', message: 'must be a URL such as smtps://user:password@host:465' })
  if (SMTP_FROM !== undefined && !z.email().safeParse(SMTP_FROM).success)
    faults.push({ path: 'SMTP_FROM', message: `'${SMTP_FROM}' must be an e-mail address` })
  return faults
}

/** To be asked once {@link mailFaults} finds none. */
export function mailSettings({ SMTP_URL, SMTP_FROM }: Variables): MailSettings {
  return { server: SMTP_URL, from: SMTP_FROM ?? 'orders@boutique.example' }
}

export function withoutPassword(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

function isMailServer(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname !== ''
}
