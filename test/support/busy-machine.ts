/** Option of tests that compute much: a time limit for a machine that has much else to do. Alone each takes some seconds. */
export const BUSY_MACHINE = { timeout: 240_000 }
