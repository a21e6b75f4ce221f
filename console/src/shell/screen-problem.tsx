import { isRouteErrorResponse, useRouteError } from 'react-router'
import { NothingHere } from './nothing-here.tsx'
import { Problem } from './problem.tsx'

/** The same where there is no shell around it. */
export function ConsoleProblem() {
  return (
    <main>
      <ScreenProblem />
    </main>
  )
}

/** A screen that failed; after an update of the server its files may be others, so it is loaded anew. */
export function ScreenProblem() {
  const error = useRouteError()
  if (isRouteErrorResponse(error) && error.status === 404) return <NothingHere />
  return <Problem error={error} retry={() => location.reload()} />
}
