package io.polycall;

/**
 * A server's counters since its start.
 *
 * @param connectionsOpen connections that are open now
 * @param connectionsAccepted connections that were accepted
 * @param callsStarted calls that were started
 * @param callsInFlight calls that run now
 * @param callsFailed calls that ended with another status than OK
 * @param protocolErrors connections that were ended because the peer broke the protocol
 * @param threads threads of the runtime's
 */
public record ServerStats(
    long connectionsOpen,
    long connectionsAccepted,
    long callsStarted,
    long callsInFlight,
    long callsFailed,
    long protocolErrors,
    long threads) {}
