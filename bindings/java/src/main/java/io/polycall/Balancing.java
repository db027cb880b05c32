package io.polycall;

/** How a channel spreads calls over the addresses that its target stands for. */
public enum Balancing {
  /** What the resolver says, else {@link #PICK_FIRST}. */
  DEFAULT,
  /** The first address that answers, until it breaks. */
  PICK_FIRST,
  /** All that answer, in turn. */
  ROUND_ROBIN,
  /** Of two picked at random the one with fewer calls. */
  LEAST_IN_FLIGHT
}
