import { createBrowserRouter } from 'react-router'
import { ClientScreens, FirstScreen, RequireSession } from './shell/gate.tsx'
import { NothingHere } from './shell/nothing-here.tsx'
import { ConsoleProblem, ScreenProblem } from './shell/screen-problem.tsx'
import { Loading } from './shell/loading.tsx'

/** Every address of the console. Screens of a client are under `/@code`, and loaded on demand. */
export const router = createBrowserRouter(
  [
    {
      ErrorBoundary: ConsoleProblem,
      HydrateFallback: Loading,
      children: [
        {
          path: 'sign-in',
          lazy: async () => ({ Component: (await import('./session/sign-in.tsx')).SignIn }),
        },
        {
          path: 'invitation/:token',
          lazy: async () => ({ Component: (await import('./session/invitation.tsx')).Invitation }),
        },
        {
          Component: RequireSession,
          children: [
            { index: true, Component: FirstScreen },
            {
              path: ':at',
              Component: ClientScreens,
              children: [
                { index: true, Component: FirstScreen },
                {
                  ErrorBoundary: ScreenProblem,
                  children: [
                    {
                      path: 'administration/implementation',
                      lazy: async () => ({
                        Component: (await import('./routes/implementation/implementation.tsx'))
                          .Implementation,
                      }),
                    },
                    { path: '*', Component: NothingHere },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  { basename: '/console' },
)
