import { adminEndpoints } from '../../src/http/admin/routes.ts'
import { actions, meaningOfAction, roles, rolesOfAction, type Action } from '../../src/model/permission.ts'

/** The reference page of who may do what, as Markdown. */
export function permissionsReference(): string {
  return [
    '<!-- Made by `npm run generate` from src/model/permission.ts; edit that. -->',
    '',
    '# Who may do what',
    '',
    'A role is held on a workspace of a client; that of a product admin on a whole client, that of a',
    'system admin on the whole install. Of several roles on a client the highest counts. Nobody can give',
    'or take a right that they lack themselves, and the last system admin stays one.',
    '',
    `| | ${roles.join(' | ')} | calls of the Admin API |`,
    `| --- | ${roles.map(() => ':-:').join(' | ')} | --- |`,
    ...actions.map(actionRow),
    '',
    'Calls are behind `/{tenant}/target`, by the access token of an API credential or by the session of a',
    'person: the same table holds for both. The console shows what it lets nobody do as disabled.',
    '',
  ].join('\n')
}

function actionRow(action: Action): string {
  const allowed: readonly string[] = rolesOfAction[action]
  const marks = roles.map((role) => (allowed.includes(role) ? 'x' : ''))
  const calls = adminEndpoints.filter((endpoint) => endpoint.action === action)
  const names = calls.map(({ method, path }) => `\`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}\``)
  return `| ${meaningOfAction[action]} | ${marks.join(' | ')} | ${names.join(', ')} |`
}
