/** As much of the package as the tests use; it brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  interface Context {
    readonly oidc: {
      readonly provider: { readonly Grant: new (of: { accountId: string; clientId: string }) => Grant }
      readonly session?: { readonly accountId?: string }
      readonly client?: { readonly clientId: string }
    }
  }

  interface Configuration {
    readonly clients: readonly object[]
    readonly claims: Readonly<Record<string, readonly string[]>>
    readonly features: Readonly<Record<string, { readonly enabled: boolean }>>
    readonly interactions: { url(context: Context, interaction: { uid: string }): string }
    readonly cookies: { readonly keys: readonly string[] }
    readonly pkce: { required(): boolean }
    findAccount(
      context: Context,
      accountId: string,
    ): Promise<{ accountId: string; claims(): Promise<object> }>
    loadExistingGrant(context: Context): Promise<Grant>
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}
