/** How many entries each collection of a part holds, by its name: whoever watches a part's memory sees every one of them. */
export type Sizes = Readonly<Record<string, number>>

/** The sizes of several parts as one, each name behind the name of its part. */
export function joinSizes(parts: Readonly<Record<string, Sizes>>): Sizes {
  const joined: Record<string, number> = {}
  for (const [part, sizes] of Object.entries(parts))
    for (const [name, size] of Object.entries(sizes)) joined[`${part}.${name}`] = size
  return joined
}
