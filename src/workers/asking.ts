import type { Answered, Asked } from './messages.ts'

type Catalog = object
type QuestionOf<Names, Name extends keyof Names> = Names[Name] extends { question: infer T } ? T : never
type AnswerOf<Names, Name extends keyof Names> = Names[Name] extends { answer: infer T } ? T : never

/** How each question is answered. */
export type Answers<Names extends Catalog> = {
  readonly [Name in keyof Names]: (question: QuestionOf<Names, Name>) => Promise<AnswerOf<Names, Name>>
}

/** Asks another process over a channel of messages. */
export class Asking<Names extends Catalog> {
  readonly #send: (message: Asked) => void
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >()
  #last = 0

  constructor(send: (message: Asked) => void) {
    this.#send = send
  }

  ask<Name extends keyof Names & string>(
    name: Name,
    question: QuestionOf<Names, Name>,
  ): Promise<AnswerOf<Names, Name>> {
    const number = ++this.#last
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by `Answers` of these names
      this.#waiting.set(number, { resolve: (given) => resolve(given as AnswerOf<Names, Name>), reject })
      this.#send({ kind: 'question', number, name, question })
    })
  }

  /** Takes in an answer. */
  settle(message: Answered): void {
    const waiting = this.#waiting.get(message.number)
    this.#waiting.delete(message.number)
    if (message.kind === 'answer') waiting?.resolve(message.answer)
    else waiting?.reject(new Error(message.message))
  }

  /** The other process has ended: nothing is answered any more. */
  end(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the process that was asked has ended'))
    this.#waiting.clear()
  }
}

/** Answers a question of another process. */
export async function answer<Names extends Catalog>(
  answers: Answers<Names>,
  { number, name, question }: Asked,
  send: (message: Answered) => void,
): Promise<void> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- asked by `Asking` of the same names
    const find = (answers as Record<string, (question: unknown) => Promise<unknown>>)[name]
    if (find === undefined) throw new Error(`nobody answers ${name}`)
    send({ kind: 'answer', number, answer: await find(question) })
  } catch (error) {
    send({ kind: 'failure', number, message: error instanceof Error ? error.message : String(error) })
  }
}
