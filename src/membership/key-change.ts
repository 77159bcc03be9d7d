import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { ThresholdParameters } from './genesis.ts'
import type { KeyEventDetails, KeyState } from './key-state.ts'
import type { SystemCode } from './system-result.ts'

/** What the rules for keys are given besides the state, and what they give. */
export interface KeyRules {
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** 32 bytes */
  readonly membersHash: Uint8Array
  readonly members: number
  readonly faultyMax: number
  /** Members that make a quorum, and shares that sign. */
  readonly quorum: number
  readonly times: ThresholdParameters
  readonly checkpointInterval: number
  readonly logWindow: number
  readonly curve: PublicCurve
}

/** The sequence in execution, and its log time. */
export interface Moment {
  readonly sequence: number
  readonly logTimeMs: number
}

export interface KeyChange {
  readonly state: KeyState
  readonly code: SystemCode
  readonly events: readonly KeyEventDetails[]
}

export function changed(state: KeyState, ...events: readonly KeyEventDetails[]): KeyChange {
  return { state, code: 'done', events }
}

export function unchanged(state: KeyState, code: SystemCode): KeyChange {
  return { state, code, events: [] }
}
