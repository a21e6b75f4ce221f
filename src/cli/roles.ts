import { Option } from 'commander'
import type { Membership } from '#client'
import { roles } from '../model/permission.ts'

/** The option of a role; the roles in the order of their power. */
export function roleOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(roles)
}

/** A membership as a column shows it: `approver`, `editor in shop-eu`. */
export function membershipText({ role, workspace }: Membership): string {
  return workspace === undefined || workspace === 'default' ? role : `${role} in ${workspace}`
}
