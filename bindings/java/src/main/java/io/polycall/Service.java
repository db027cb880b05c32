package io.polycall;

/** What a server can be given: generated base classes implement it, handlers extend those. */
public interface Service {
  /**
   * The service and its handlers.
   *
   * @return a definition with a handler for each method
   */
  ServiceDefinition polycallDefinition();
}
