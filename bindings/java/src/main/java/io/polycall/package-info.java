/**
 * PolyCall for Java: calls between languages through one {@code .proto}, by the fastest path between
 * two ends.
 *
 * <pre>{@code
 * try (Channel channel = new Channel("unix:/run/calc.sock")) {
 *   AddReply reply = new CalcClient(channel).add(AddRequest.newBuilder().setA(1).setB(2).build());
 * }
 * }</pre>
 */
package io.polycall;
