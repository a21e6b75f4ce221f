import { ServiceError } from '@silhouette/client'
import { useCallback } from 'react'
import type { TextKey } from './language.ts'
import { isNotReachable } from './server.ts'
import { useText } from './text.tsx'

/** Refusals that people meet in the console; the others tell themselves, in English. */
const textOf: Readonly<Record<string, TextKey>> = {
  session_required: 'problem.session_required',
  action_not_allowed: 'problem.action_not_allowed',
  calls_too_many: 'problem.calls_too_many',
  cross_site_refused: 'problem.cross_site_refused',
  store_unavailable: 'problem.store_unavailable',
  server_stopping: 'problem.server_stopping',
  sign_in_failed: 'problem.sign_in_failed',
  sign_in_delayed: 'problem.sign_in_delayed',
  sign_in_busy: 'problem.sign_in_busy',
  password_wrong: 'problem.password_wrong',
  password_refused: 'problem.password_refused',
  invitation_not_found: 'problem.invitation_not_found',
  tokens_too_many: 'problem.tokens_too_many',
}

/** Says in the language in use what went wrong and what to do. */
export function useProblemText(): (error: unknown) => string {
  const t = useText()
  return useCallback(
    (error) => {
      if (isNotReachable(error)) return t('problem.offline')
      if (!(error instanceof ServiceError)) return t('problem.unknown')
      const key = textOf[error.code ?? '']
      const seconds = error.retryAfterSeconds ?? 0
      return key ? t(key, { seconds }) : t('problem.refused', { message: error.message })
    },
    [t],
  )
}
