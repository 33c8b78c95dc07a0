import type { Access } from '../contract/index.ts'

/** Whether an operation can be reached without a principal. */
export function isPublic(access: Access): boolean {
  if (access === 'public') return true
  return typeof access === 'object' && 'anyOf' in access && access.anyOf.some(isPublic)
}

/** Whether an operation can be reached from outside at all. */
export function isRoutable(access: Access): boolean {
  if (access === 'internal') return false
  return typeof access !== 'object' || !('anyOf' in access) || access.anyOf.some(isRoutable)
}
