declare module 'autocannon' {
  /** What the benches use of its results. */
  interface Result {
    readonly requests: { readonly average: number }
    readonly latency: { readonly p99: number }
    readonly non2xx: number
    readonly errors: number
  }
  export default function autocannon(options: { url: string; connections: number; duration: number }): Promise<Result>
}
