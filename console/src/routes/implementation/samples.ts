/** What a sample is filled in with. */
export interface SampleFacts {
  readonly origin: string
  readonly client: string
  readonly token: string
}

export interface Sample {
  /** The program or language, which no language translates. */
  readonly name: string
  readonly code: string
}

/** A bulk update of one profile, for three ways to send it. */
export function samplesOf({ origin, client, token }: SampleFacts): readonly Sample[] {
  const url = `${origin}/m2/${client}/v2/profile/batchUpdate`
  return [
    { name: 'curl', code: curl(url, token) },
    { name: 'Node', code: node(url, token) },
    { name: 'Python', code: python(url, token) },
  ]
}

function curl(url: string, token: string): string {
  return `printf 'batch=thirdPartyId,plan\\n42,gold\\n' |
  curl '${url}' \\
    -H 'Authorization: Bearer ${token}' \\
    --data-binary @-`
}

function node(url: string, token: string): string {
  return `const reply = await fetch('${url}', {
  method: 'POST',
  headers: { authorization: 'Bearer ${token}' },
  body: 'batch=thirdPartyId,plan\\n42,gold\\n',
})
console.log(reply.status, await reply.text())`
}

function python(url: string, token: string): string {
  return `from urllib.request import Request, urlopen

request = Request(
    "${url}",
    data=b"batch=thirdPartyId,plan\\n42,gold\\n",
    headers={"Authorization": "Bearer ${token}"},
)
print(urlopen(request).read().decode())`
}
