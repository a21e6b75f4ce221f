/** Told of what whoever runs the service should know. */
export interface Notices {
  info(text: string): void
  warn(text: string): void
}

/** For those who do not want to know. */
export const silent: Notices = { info: () => {}, warn: () => {} }
