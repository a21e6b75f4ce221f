import { Type } from '@sinclair/typebox'
import {
  AcceptanceBody,
  InvitationReply,
  OwnDetailsBody,
  OwnPasswordBody,
  SessionReply,
  SignInBody,
  SignInReply,
} from '../../wire/session.ts'
import { json } from './contents.ts'
import type { RouteDescription } from './description.ts'

const always = ['store_unavailable', 'server_stopping'] as const
const withBody = ['parameter_invalid', 'body_too_large'] as const

const own = { chapter: 'People', token: 'session' } as const
const open = { chapter: 'People', token: 'none' } as const

const invitationPath = Type.Object({ token: Type.String({ description: 'The token of the link.' }) })

/** `GET /api/sign-in` */
export const signInOptionsDescription: RouteDescription = {
  ...open,
  id: 'getSignInOptions',
  summary: 'By which ways people sign in.',
  replies: { 200: { description: 'The ways.', contents: json(SignInReply, { password: true, sso: null }) } },
  refusals: ['server_stopping'],
}

/** `GET /api/session` */
export const sessionDescription: RouteDescription = {
  ...own,
  id: 'getSession',
  summary: 'Who is signed in, and what they may do on which client.',
  replies: { 200: { description: 'Who it is.', contents: json(SessionReply) } },
  refusals: [],
}

/** `POST /api/session` */
export const signInDescription: RouteDescription = {
  ...open,
  id: 'signIn',
  summary: 'Sign in by e-mail address and password.',
  details: 'After some failures, of an account or an address, each further one doubles the time to wait.',
  body: {
    isRequired: true,
    contents: json(SignInBody),
  },
  replies: { 201: { description: 'Signed in; the cookie is set.', contents: json(SessionReply) } },
  refusals: [
    ...withBody,
    'sign_in_failed',
    'sign_in_delayed',
    'sign_in_busy',
    'cross_site_refused',
    ...always,
  ],
}

/** `DELETE /api/session` */
export const signOutDescription: RouteDescription = {
  ...open,
  id: 'signOut',
  summary: 'End the session, if there is one.',
  replies: { 204: { description: 'Nobody is signed in.' } },
  refusals: ['cross_site_refused', ...always],
}

/** `PATCH /api/me` */
export const ownDetailsDescription: RouteDescription = {
  ...own,
  id: 'changeOwnDetails',
  summary: 'Change one’s own name or language.',
  body: { isRequired: true, contents: json(OwnDetailsBody) },
  replies: { 200: { description: 'Changed.', contents: json(SessionReply) } },
  refusals: [...withBody, 'calls_too_many'],
}

/** `POST /api/me/password` */
export const ownPasswordDescription: RouteDescription = {
  ...own,
  id: 'changeOwnPassword',
  summary: 'Change one’s own password; this session goes on under another token, all others end.',
  body: {
    isRequired: true,
    contents: json(OwnPasswordBody),
  },
  replies: { 200: { description: 'Changed; the cookie is another.', contents: json(SessionReply) } },
  refusals: [
    ...withBody,
    'password_wrong',
    'password_refused',
    'sign_in_delayed',
    'sign_in_busy',
    'calls_too_many',
  ],
}

/** `GET /api/invitations/{token}` */
export const invitationDescription: RouteDescription = {
  ...open,
  id: 'getInvitation',
  summary: 'For whom the link of an invitation is.',
  path: invitationPath,
  replies: { 200: { description: 'For whom it is.', contents: json(InvitationReply) } },
  refusals: ['invitation_not_found', ...always],
}

/** `POST /api/invitations/{token}` */
export const acceptanceDescription: RouteDescription = {
  ...open,
  id: 'acceptInvitation',
  summary: 'Choose a password by the link of an invitation, and sign in.',
  path: invitationPath,
  body: { isRequired: true, contents: json(AcceptanceBody) },
  replies: { 201: { description: 'Signed in; the cookie is set.', contents: json(SessionReply) } },
  refusals: [
    ...withBody,
    'invitation_not_found',
    'password_refused',
    'sign_in_busy',
    'cross_site_refused',
    'session_required',
    ...always,
  ],
}

const ssoProblems =
  'What goes wrong leads to `/console/sign-in?problem=CODE` with one of `sso_unavailable`, `sso_refused`, ' +
  '`sso_invalid`, `sso_email_unverified`, `sso_unknown_person`.'

/** `GET /api/sso/start` */
export const ssoStartDescription: RouteDescription = {
  ...open,
  id: 'startSingleSignOn',
  summary: 'Lead a browser to the provider of single sign-on.',
  details: ssoProblems,
  query: Type.Object({
    returnTo: Type.Optional(Type.String({ description: 'Where to go on, below `/console/`.' })),
  }),
  replies: { 302: { description: 'To the provider.' } },
  refusals: ['route_unknown', ...always],
}

/** `GET /api/sso/callback` */
export const ssoCallbackDescription: RouteDescription = {
  ...open,
  id: 'finishSingleSignOn',
  summary: 'Where the provider sends the browser back to.',
  details: ssoProblems,
  query: Type.Object({
    code: Type.Optional(Type.String()),
    state: Type.Optional(Type.String()),
    error: Type.Optional(Type.String()),
  }),
  replies: { 302: { description: 'To the console; signed in, the cookie is set.' } },
  refusals: ['route_unknown', ...always],
}
