import type { Settings } from '@silhouette/client'
import { ToastQueue } from '@react-spectrum/s2'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useProblemText } from '../../lib/problem-text.ts'
import { sessionQuery, settingsQuery } from '../../lib/queries.ts'
import { serverFor } from '../../lib/server.ts'
import { useClient } from '../../shell/paths.ts'

/** How long a note of success stays, milliseconds. */
export const noteMs = 6_000

/** Changes settings of the client, and says so. */
export function useChangeSettings(done: string) {
  const { code } = useClient()
  const queries = useQueryClient()
  const problemText = useProblemText()
  return useMutation({
    mutationFn: (settings: Partial<Settings>) => serverFor(code).settings.patch(settings),
    onSuccess: (settings) => {
      queries.setQueryData(settingsQuery(code).queryKey, settings)
      // Which clients are open is told with the session.
      void queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
      ToastQueue.positive(done, { timeout: noteMs })
    },
    onError: (error) => ToastQueue.negative(problemText(error)),
  })
}
