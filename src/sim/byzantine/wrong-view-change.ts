import type { WireViewChange } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll } from './forgery.ts'

/**
 * Leaves prepared certificates out of its VIEW-CHANGE, forges them, or denies its stable checkpoint. Aims at V: of any q VIEW-CHANGEs
 * one correct one shows what was committed, so that f that hide it do no harm, and a bad one is discarded whole.
 */
export function createWrongViewChange(lair: Lair): Behaviour {
  const { prng } = lair

  function wrong(viewChange: WireViewChange): WireViewChange {
    const { prepared } = viewChange
    lair.did('another VIEW-CHANGE')
    switch (prng.between(0, 5)) {
      case 0:
        return { ...viewChange, prepared: [] }
      case 1:
        return { ...viewChange, prepared: prepared.slice(0, -1) }
      case 2:
        return { ...viewChange, stable: undefined, prepared: [] }
      case 3:
        return { ...viewChange, prepared: prepared.map(one => ({ ...one, view: one.view + 1 })) }
      case 4:
        return { ...viewChange, prepared: prepared.map(one => ({ ...one, prepares: one.prepares.slice(1) })) }
      default:
        return { ...viewChange, prepared: prepared.map(one => ({ ...one, sequence: one.sequence + 1 })) }
    }
  }

  return {
    publish: outgoing =>
      changeAll(lair, outgoing, message =>
        message.viewChange === undefined ? [message] : [{ viewChange: wrong(message.viewChange) }],
      ),
  }
}
