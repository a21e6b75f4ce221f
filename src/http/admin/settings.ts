import { patchSettings, readSettings, replaceSettings } from '../../domain/clients/settings.ts'
import { Settings, SettingsBody, SettingsPatchBody } from '../../wire/admin.ts'
import { endpoint, endpointWithBody, type AdminEndpoint } from './endpoint.ts'

const path = '/clients/settings'

/** The settings of a client. @source target-profile-service.md §7.4, decisions.md §7 */
export const settingsEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path,
    action: 'settings.read',
    summary: 'Read the settings of the client.',
    reply: [200, Settings],
    handle: async ({ context, client }) => ({ status: 200, body: await readSettings(context, client) }),
  }),
  endpointWithBody(SettingsBody, {
    method: 'PUT',
    path,
    action: 'settings.change',
    summary: 'Replace the settings; what is left out returns to its default.',
    example: { enableProfileApiAuthentication: true },
    reply: [200, Settings],
    handle: async (call) => ({
      status: 200,
      body: await replaceSettings(call.context, call, given(call.body)),
    }),
  }),
  endpointWithBody(SettingsPatchBody, {
    method: 'PATCH',
    path,
    action: 'settings.change',
    summary: 'Change some settings and leave the others.',
    example: { profileLifetimeDays: 30 },
    reply: [200, Settings],
    handle: async (call) => ({
      status: 200,
      body: await patchSettings(call.context, call, given(call.body)),
    }),
  }),
]

type Given<Body> = { readonly [Key in keyof Body]: Exclude<Body[Key], undefined> }

/** A member that came as JSON has a value. */
function given<Body extends object>(body: Body): Given<Body> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON knows no undefined
  return body as Given<Body>
}
