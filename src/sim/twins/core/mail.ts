import { createPrng } from '../../../lib/prng.ts'
import type { Letter, Mail } from './links.ts'

/** Letters arrive in the order in which they were sent. */
export function createOrderlyMail(): Mail {
  const letters: Letter[] = []
  let next = 0
  return {
    put: letter => void letters.push(letter),
    take() {
      const letter = letters[next++]
      if (letter !== undefined) return letter
      letters.length = 0
      next = 0
      return undefined
    },
  }
}

/** Of the letters that are on their way any may arrive next. */
export function createShuffledMail(seed: number): Mail {
  const prng = createPrng(seed)
  const letters: Letter[] = []
  return {
    put: letter => void letters.push(letter),
    take() {
      const last = letters.pop()
      if (last === undefined || letters.length === 0) return last
      const place = prng.between(0, letters.length)
      const letter = letters[place] ?? last
      if (place < letters.length) letters[place] = last
      return letter
    },
  }
}
