/** What is measured. */
export interface BenchOptions {
  readonly clients: number
  readonly payloadBytes: number
  readonly warmupMs: number
  readonly durationMs: number
  /** Null: closed loop. */
  readonly ratePerSecond: number | null
  readonly inFlight: number
  readonly signed: boolean
}
