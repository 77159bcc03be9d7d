import { BoundedMap } from '../lib/bounded-map.ts'

export interface BreakerOptions {
  /** Consecutive failures that open the circuit. */
  readonly failuresMax: number
  readonly openMs: number
  /** Each opening in a row doubles the time, up to here. */
  readonly openMsMax: number
  /** Successes in a row that close a circuit on trial. */
  readonly successesToClose: number
  readonly keysMax: number
}

interface Circuit {
  failures: number
  successes: number
  openings: number
  /** Milliseconds; 0 while closed. */
  openUntilMs: number
  probing: boolean
}

/**
 * Stops asking a peer that does not answer: closed, open after failures in a row, then one probe at a time. Failures here
 * cost the peer nothing but our questions: a time-out proves no fault.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions
  readonly #circuits: BoundedMap<string, Circuit>

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#circuits = new BoundedMap(options.keysMax)
  }

  /** May we ask now? A `true` for an opened circuit is its one probe: report how it went. */
  allow(key: string, nowMs: number): boolean {
    const circuit = this.#circuits.get(key)
    if (circuit === undefined || circuit.openUntilMs === 0) return true
    if (nowMs < circuit.openUntilMs || circuit.probing) return false
    circuit.probing = true
    return true
  }

  succeeded(key: string): void {
    const circuit = this.#circuits.get(key)
    if (circuit === undefined) return
    circuit.failures = 0
    circuit.probing = false
    circuit.successes += 1
    if (circuit.openUntilMs === 0 || circuit.successes >= this.#options.successesToClose)
      this.#circuits.delete(key)
  }

  /** @param jitter 0 to 1, spreads the next tries of many nodes by 20 % */
  failed(key: string, nowMs: number, jitter: number): void {
    const circuit = this.#circuits.get(key) ?? {
      failures: 0,
      successes: 0,
      openings: 0,
      openUntilMs: 0,
      probing: false,
    }
    circuit.failures += 1
    circuit.successes = 0
    if (circuit.probing || (circuit.openUntilMs === 0 && circuit.failures >= this.#options.failuresMax)) {
      const openMs = Math.min(this.#options.openMs * 2 ** circuit.openings, this.#options.openMsMax)
      circuit.openUntilMs = nowMs + openMs * (0.9 + 0.2 * jitter)
      circuit.openings += 1
      circuit.probing = false
    }
    this.#circuits.set(key, circuit)
  }

  /** The peer came back anew: what was known of it no longer counts. */
  forget(key: string): void {
    this.#circuits.delete(key)
  }
}
