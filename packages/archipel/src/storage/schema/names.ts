import { createHmac } from 'node:crypto'
import type { ConnectionConfig } from '../connection/connection.ts'

/** Schema of the framework's own tables that belong to no service. */
export const CONTROL_SCHEMA = 'archipel'
/** Schema of the log of events, owned by a role of its own. */
export const BUS_SCHEMA = 'archipel_bus'

export interface ServiceRoles {
  readonly writer: string
  /** May only `SELECT`. */
  readonly reader: string
}

export function rolesOf(namespace: string, service: string): ServiceRoles {
  return { writer: `${namespace}_${service}`, reader: `${namespace}_${service}_reader` }
}

export function busRoleOf(namespace: string): string {
  return `${namespace}_bus`
}

/** The password of a role follows from the secret: nothing has to store it. */
export function passwordOf(secret: string, role: string): string {
  return createHmac('sha256', secret).update(`role ${role}`).digest('hex')
}

export function connectionAs(admin: ConnectionConfig, secret: string, role: string): ConnectionConfig {
  return { ...admin, user: role, password: passwordOf(secret, role), applicationName: role }
}

/** An identifier for SQL text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
