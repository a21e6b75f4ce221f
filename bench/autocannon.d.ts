declare module 'autocannon' {
  /** What the benches use of its results. */
  interface Result {
    readonly requests: { readonly average: number }
    readonly latency: { readonly p99: number }
    readonly non2xx: number
    readonly errors: number
  }
  interface Options {
    readonly url: string
    readonly connections: number
    readonly duration: number
    readonly headers?: Readonly<Record<string, string>>
  }
  function autocannon(options: Options): Promise<Result>
  export = autocannon
}
