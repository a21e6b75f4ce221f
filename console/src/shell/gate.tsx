import type { SessionDetails } from '@silhouette/client'
import { useQuery } from '@tanstack/react-query'
import { Suspense, useEffect } from 'react'
import { Navigate, Outlet, useLocation, useParams } from 'react-router'
import { languageOf } from '../lib/language.ts'
import { useLanguage } from '../lib/language-context.ts'
import { sessionQuery } from '../lib/queries.ts'
import { SessionContext, useSession } from '../lib/session-context.ts'
import { implementationPath } from './paths.ts'
import { Loading } from './loading.tsx'
import { NoClient } from './no-client.tsx'
import { NothingHere } from './nothing-here.tsx'
import { Problem } from './problem.tsx'
import { Shell } from './shell.tsx'

/** Lets through whoever is signed in; others sign in first and come back here. */
export function RequireSession() {
  const { data: session, error, refetch } = useQuery(sessionQuery)
  const { pathname } = useLocation()
  useOwnLanguage(session)
  // What is known stays in sight when reading it again fails: the screen says so itself.
  if (session === undefined) {
    if (error === null) return <Loading />
    return (
      <main>
        <Problem error={error} retry={() => void refetch()} />
      </main>
    )
  }
  if (session === null) {
    const back = pathname === '/' ? '' : `?to=${encodeURIComponent(pathname)}`
    return <Navigate to={`/sign-in${back}`} replace />
  }
  return (
    <SessionContext value={session}>
      {session.clients.length === 0 ? <NoClient /> : <Outlet />}
    </SessionContext>
  )
}

/** Changes to the language that this person chose before, on this device or another. */
function useOwnLanguage(session: SessionDetails | null | undefined) {
  const { choose, current } = useLanguage()
  const own = session && languageOf(session.user.locale)
  useEffect(() => {
    if (own && own !== current) void choose(own)
    // Only when the person is another, or has chosen another language.
  }, [own])
}

/** Leads to the first screen of the first client. */
export function FirstScreen() {
  const { clients } = useSession()
  const { at } = useParams()
  const code = at?.slice(1) ?? clients[0]?.code ?? ''
  return <Navigate to={implementationPath(code)} replace />
}

/** The screens of one client, inside the shell. */
export function ClientScreens() {
  const { at = '' } = useParams()
  const { clients } = useSession()
  const client = clients.find(({ code }) => at === `@${code}`)
  return (
    <Shell client={client}>
      <Suspense fallback={<Loading />}>{client ? <Outlet context={client} /> : <NothingHere />}</Suspense>
    </Shell>
  )
}
