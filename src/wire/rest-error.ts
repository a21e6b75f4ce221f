/** An error of every endpoint outside `/m2/`, in the shape of Adobe's edge. */
export function writeRestError(status: number, message: string): string {
  return JSON.stringify({ status, message })
}
