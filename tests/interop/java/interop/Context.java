package interop;

import dev.polycall.testing.PolyCallTestServiceAsyncClient;
import dev.polycall.testing.PolyCallTestServiceClient;
import dev.polycall.testing.PolycallTest.Counters;
import dev.polycall.testing.PolycallTest.CountersRequest;
import io.grpc.testing.integration.EmptyOuterClass.Empty;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.TestServiceClient;
import io.polycall.Channel;
import io.polycall.StatusCode;
import io.polycall.StatusException;
import java.util.function.ToLongFunction;

/** One run of one case, and what cases share. */
final class Context {
  static final int DIED = 42;

  final String target;
  final String token;
  final Channel channel;
  final TestServiceClient test;
  final PolyCallTestServiceClient own;
  final PolyCallTestServiceAsyncClient ownAsync;

  Context(String target, String token, Channel channel) {
    this.target = target;
    this.token = token;
    this.channel = channel;
    test = new TestServiceClient(channel);
    own = new PolyCallTestServiceClient(channel);
    ownAsync = new PolyCallTestServiceAsyncClient(channel);
  }

  /** A key for the server's counters that belongs to this run and `name` alone. */
  String newKey(String name) {
    return name + "/" + token;
  }

  static void expect(boolean condition, String what) {
    if (!condition) {
      throw new CaseFailed("expected " + what);
    }
  }

  static void expectEqual(Object expected, Object actual, String what) {
    if (!expected.equals(actual)) {
      throw new CaseFailed("expected " + expected + " from " + what + ", found " + actual);
    }
  }

  /** Expects that the block ends with this status, which is returned. */
  static StatusException expectCode(StatusCode code, Runnable block) {
    try {
      block.run();
    } catch (StatusException error) {
      if (error.code() != code) {
        throw new CaseFailed("expected " + code + ", found " + error.getMessage());
      }
      return error;
    }
    throw new CaseFailed("expected " + code + ", found OK");
  }

  static void callLargeUnary(TestServiceClient client) {
    SimpleResponse response =
        client.unaryCall(
            SimpleRequest.newBuilder()
                .setResponseSize(314159)
                .setPayload(TestHandlers.newPayload(271828))
                .build());
    expectEqual(TestHandlers.newPayload(314159), response.getPayload(), "the response's body");
  }

  /** The server still answers. */
  void callEmpty() {
    expectEqual(
        Empty.getDefaultInstance(), test.emptyCall(Empty.getDefaultInstance()), "EmptyCall");
  }

  Counters counters(String key) {
    return own.getCounters(CountersRequest.newBuilder().setKey(key).build());
  }

  static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupted) {
      throw new CaseFailed("interrupted");
    }
  }

  /** Asks for the counters until one is as wanted; fails after 10 s. */
  void waitForCounter(String key, String name, ToLongFunction<Counters> counter, long wanted) {
    long found = 0;
    for (int i = 0; i < 1000; ++i) {
      found = counter.applyAsLong(counters(key));
      if (found == wanted) {
        return;
      }
      pause(10);
    }
    throw new CaseFailed(
        name + " of " + key + " is " + found + " after 10 s, expected " + wanted);
  }
}
