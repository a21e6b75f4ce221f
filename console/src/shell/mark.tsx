import { style } from '@react-spectrum/s2/style' with { type: 'macro' }

/** The product's sign and name. */
export function Mark() {
  return (
    <span className={mark}>
      <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={24} height={24} />
      Silhouette
    </span>
  )
}

const mark = style({
  display: 'inline-flex',
  alignItems: 'center',
  gap: 8,
  font: 'title',
  color: 'neutral',
})
