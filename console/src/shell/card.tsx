import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useId, type ReactNode } from 'react'

interface CardProps {
  readonly title: string
  /** Beside the title. */
  readonly help?: ReactNode
  readonly text?: ReactNode
  readonly children: ReactNode
}

/** A part of a screen, with a heading that names it. */
export function Card({ title, help, text, children }: CardProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={card}>
      <div className={style({ display: 'flex', alignItems: 'center', gap: 4 })}>
        <h2 id={id} className={style({ font: 'title-lg', margin: 0 })}>
          {title}
        </h2>
        {help}
      </div>
      {text && <p className={style({ font: 'body-sm', color: 'neutral-subdued', margin: 0 })}>{text}</p>}
      {children}
    </section>
  )
}

const card = style({
  display: 'flex',
  flexDirection: 'column',
  gap: 16,
  boxSizing: 'border-box',
  padding: { default: 16, sm: 24 },
  borderRadius: 'lg',
  borderWidth: 1,
  borderStyle: 'solid',
  borderColor: 'gray-200',
  backgroundColor: 'base',
})
