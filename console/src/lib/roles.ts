import type { Role } from '@silhouette/client'
import type { TextKey } from './language.ts'

/** Roles by the names that Target gives them. */
export const roleTitles: Readonly<Record<Role, TextKey>> = {
  observer: 'role.observer',
  publisher: 'role.publisher',
  editor: 'role.editor',
  approver: 'role.approver',
  workspaceAdmin: 'role.workspaceAdmin',
  productAdmin: 'role.productAdmin',
  systemAdmin: 'role.systemAdmin',
}
