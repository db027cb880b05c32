package interop;

import static interop.Context.expect;
import static interop.Context.expectEqual;

import dev.polycall.testing.PolycallTest.FloodMessage;
import dev.polycall.testing.PolycallTest.FloodRequest;
import dev.polycall.testing.PolycallTest.GatherReply;
import dev.polycall.testing.PolycallTest.GatherRequest;
import dev.polycall.testing.PolycallTest.MemoryRequest;
import io.grpc.testing.integration.TestServiceClient;
import io.polycall.CallFuture;
import io.polycall.Channel;
import io.polycall.ServerStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Many calls, many channels, and more messages than anybody reads. */
final class LoadCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "rpc_soak", LoadCases::rpcSoak,
          "channel_soak", LoadCases::channelSoak,
          "concurrent_calls", LoadCases::concurrentCalls,
          "slow_reader_backpressure", LoadCases::slowReaderBackpressure);

  private static final int FLOOD_COUNT = 4096;
  private static final int FLOOD_SIZE = 16 << 10;

  private LoadCases() {}

  private static void rpcSoak(Context context) {
    for (int i = 0; i < 200; ++i) {
      Context.callLargeUnary(context.test);
    }
  }

  private static void channelSoak(Context context) {
    for (int i = 0; i < 50; ++i) {
      try (Channel channel = Settings.openChannel(context.target)) {
        Context.callLargeUnary(new TestServiceClient(channel));
      }
    }
  }

  private static void callFromThreads(Context context) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      Callable<Void> callOften =
          () -> {
            for (int i = 0; i < 25; ++i) {
              context.callEmpty();
              Context.callLargeUnary(context.test);
            }
            return null;
          };
      for (Future<Void> done : threads.invokeAll(java.util.Collections.nCopies(16, callOften))) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void concurrentCalls(Context context) throws Exception {
    int count = 1000;
    String key = context.newKey("concurrent_calls");
    List<CallFuture<GatherReply>> futures = new ArrayList<>();
    for (int number = 0; number < count; ++number) {
      futures.add(
          context.ownAsync.gather(
              GatherRequest.newBuilder().setKey(key).setCount(count).setNumber(number).build()));
    }
    for (int number = 0; number < count; ++number) {
      GatherReply reply = futures.get(number).get(30, TimeUnit.SECONDS);
      expectEqual(number, reply.getNumber(), "Gather");
    }
    callFromThreads(context);
  }

  private static long residentBytes(Context context) {
    return context.own.getMemory(MemoryRequest.getDefaultInstance()).getResidentBytes();
  }

  /** Waits until the server has not been able to send for half a second, at most 20 s. */
  private static long waitUntilStopped(Context context, String key) {
    long last = -1;
    int same = 0;
    for (int i = 0; i < 400; ++i) {
      long sent = context.counters(key).getSent();
      same = sent == last && last > 0 ? same + 1 : 0;
      last = sent;
      if (same == 10) {
        return sent;
      }
      Context.pause(50);
    }
    throw new CaseFailed("the server still sends after 20 s: " + last + " messages");
  }

  private static void slowReaderBackpressure(Context context) {
    FloodRequest request =
        FloodRequest.newBuilder()
            .setKey(context.newKey("flood"))
            .setCount(FLOOD_COUNT)
            .setSize(FLOOD_SIZE)
            .build();
    long before = residentBytes(context);
    int count = 0;
    try (ServerStream<FloodMessage> stream = context.own.flood(request)) {
      long sent = waitUntilStopped(context, request.getKey());
      long stopped = residentBytes(context);
      expect(
          sent * FLOOD_SIZE <= 1 << 20,
          "at most 1 MiB unread, found " + sent + " messages of 16 KiB");
      expect(
          stopped - before < 16 << 20, "the stopped server to have grown by less than 16 MiB");
      for (FloodMessage message : stream) {
        expectEqual(count, message.getNumber(), "the message's number");
        expectEqual(FLOOD_SIZE, message.getBody().size(), "the body");
        ++count;
      }
    }
    expectEqual(FLOOD_COUNT, count, "the count of messages");
    expect(
        residentBytes(context) - before < 32 << 20,
        "the server to have grown by less than 32 MiB");
  }
}
