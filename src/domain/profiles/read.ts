import type { ProfileView } from '../../model/profile.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'

/** Reads the profile that an id leads to; reading does not lengthen its life. */
export function getProfile(
  context: DomainContext,
  client: Client,
  id: VisitorId,
): Promise<ProfileView | undefined> {
  return context.store.profiles.get(client.code, id, context.clock.nowMs())
}
