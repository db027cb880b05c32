package interop;

import com.google.protobuf.ByteString;
import dev.polycall.testing.PolyCallTestServiceAsyncClient;
import dev.polycall.testing.PolyCallTestServiceAsyncService;
import dev.polycall.testing.PolycallTest.Counters;
import dev.polycall.testing.PolycallTest.CountersRequest;
import dev.polycall.testing.PolycallTest.FloodMessage;
import dev.polycall.testing.PolycallTest.FloodRequest;
import dev.polycall.testing.PolycallTest.GatherReply;
import dev.polycall.testing.PolycallTest.GatherRequest;
import dev.polycall.testing.PolycallTest.HoldMessage;
import dev.polycall.testing.PolycallTest.HopRequest;
import dev.polycall.testing.PolycallTest.KillReply;
import dev.polycall.testing.PolycallTest.KillRequest;
import dev.polycall.testing.PolycallTest.Memory;
import dev.polycall.testing.PolycallTest.MemoryRequest;
import dev.polycall.testing.PolycallTest.Narrow;
import dev.polycall.testing.PolycallTest.ShutdownReply;
import dev.polycall.testing.PolycallTest.ShutdownRequest;
import dev.polycall.testing.PolycallTest.SleepReply;
import dev.polycall.testing.PolycallTest.SleepRequest;
import dev.polycall.testing.PolycallTest.ThrowReply;
import dev.polycall.testing.PolycallTest.ThrowRequest;
import dev.polycall.testing.PolycallTest.TimeLeft;
import dev.polycall.testing.PolycallTest.WaitReply;
import io.polycall.AsyncRequests;
import io.polycall.AsyncResponses;
import io.polycall.Channel;
import io.polycall.ServerContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** polycall.testing.PolyCallTestService with asynchronous handlers. */
final class PolyCallTestHandlers extends PolyCallTestServiceAsyncService {
  private static final int PAGE = 4096;
  private static final int WAIT_SECONDS = 20;

  /** Does what is to be done later. */
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          action -> {
            Thread thread = new Thread(action, "interop-clock");
            thread.setDaemon(true);
            return thread;
          });

  private final LongConsumer requestShutdown;
  private final Map<String, List<CompletableFuture<Void>>> gathered = new HashMap<>();

  /** `requestShutdown` begins the shutdown elsewhere and returns; it gets the grace in ms. */
  PolyCallTestHandlers(LongConsumer requestShutdown) {
    this.requestShutdown = requestShutdown;
  }

  private static <R> CompletionStage<R> done(R response) {
    return CompletableFuture.completedFuture(response);
  }

  /** Calls on with one hop less. The call inherits this one's deadline and cancellation. */
  private static <R> CompletionStage<R> hop(
      HopRequest request,
      Function<PolyCallTestServiceAsyncClient, CompletableFuture<R>> call) {
    Channel channel = Settings.openChannel(request.getTarget());
    return call.apply(new PolyCallTestServiceAsyncClient(channel))
        .whenComplete((response, error) -> channel.close());
  }

  private static HopRequest oneHopLess(HopRequest request) {
    return request.toBuilder().setHops(request.getHops() - 1).build();
  }

  @Override
  public CompletionStage<Counters> getCounters(CountersRequest request, ServerContext context) {
    return done(Tally.of(request.getKey()).counters());
  }

  @Override
  public CompletionStage<Memory> getMemory(MemoryRequest request, ServerContext context)
      throws IOException {
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return done(
        Memory.newBuilder()
            .setResidentBytes(Long.parseLong(pages[1]) * PAGE)
            .setProcessId(ProcessHandle.current().pid())
            .build());
  }

  @Override
  public CompletionStage<TimeLeft> getTimeLeft(HopRequest request, ServerContext context) {
    if (request.getHops() > 0) {
      return hop(request, client -> client.getTimeLeft(oneHopLess(request)));
    }
    Optional<Duration> left = context.timeLeft();
    return done(
        TimeLeft.newBuilder()
            .setHasDeadline(left.isPresent())
            .setTimeLeftUs(left.map(time -> time.toNanos() / 1000).orElse(0L))
            .build());
  }

  @Override
  public CompletionStage<WaitReply> waitForCancel(HopRequest request, ServerContext context) {
    if (request.getHops() > 0) {
      return hop(request, client -> client.waitForCancel(oneHopLess(request)));
    }
    Tally tally = Tally.of(request.getKey());
    CompletableFuture<WaitReply> ended = new CompletableFuture<>();
    context.onCancel(
        () -> {
          if (ended.completeExceptionally(new CancellationException())) {
            tally.cancelled.incrementAndGet();
          }
        });
    CLOCK.schedule(
        () -> {
          if (ended.complete(WaitReply.getDefaultInstance())) {
            tally.finished.incrementAndGet();
          }
        },
        WAIT_SECONDS,
        TimeUnit.SECONDS);
    tally.started.incrementAndGet();
    return ended;
  }

  @Override
  public CompletionStage<GatherReply> gather(GatherRequest request, ServerContext context) {
    Tally.of(request.getKey()).started.incrementAndGet();
    CompletableFuture<Void> complete = new CompletableFuture<>();
    List<CompletableFuture<Void>> all = List.of();
    synchronized (gathered) {
      List<CompletableFuture<Void>> waiting =
          gathered.computeIfAbsent(request.getKey(), unused -> new ArrayList<>());
      waiting.add(complete);
      if (waiting.size() == request.getCount()) {
        all = gathered.remove(request.getKey());
      }
    }
    CompletableFuture<GatherReply> reply =
        complete.thenApply(
            unused -> GatherReply.newBuilder().setNumber(request.getNumber()).build());
    all.forEach(future -> future.complete(null));
    return reply;
  }

  @Override
  public CompletionStage<SleepReply> sleep(SleepRequest request, ServerContext context) {
    Tally tally = Tally.of(request.getKey());
    tally.started.incrementAndGet();
    CompletableFuture<SleepReply> awake = new CompletableFuture<>();
    CLOCK.schedule(
        () -> {
          tally.finished.incrementAndGet();
          awake.complete(SleepReply.getDefaultInstance());
        },
        request.getMilliseconds(),
        TimeUnit.MILLISECONDS);
    return awake;
  }

  @Override
  public CompletionStage<Void> flood(
      FloodRequest request, AsyncResponses<FloodMessage> responses, ServerContext context) {
    Tally tally = Tally.of(request.getKey());
    tally.started.incrementAndGet();
    ByteString body = ByteString.copyFrom(new byte[request.getSize()]);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    flood(request.getCount(), 0, body, responses, tally, ended);
    return ended;
  }

  /** A loop while sends complete at once, which goes on later when one does not. */
  private static void flood(
      int count,
      int from,
      ByteString body,
      AsyncResponses<FloodMessage> responses,
      Tally tally,
      CompletableFuture<Void> ended) {
    for (int number = from; number < count; ++number) {
      CompletableFuture<Void> sent =
          responses.send(FloodMessage.newBuilder().setNumber(number).setBody(body).build());
      if (!sent.isDone() || sent.isCompletedExceptionally()) {
        int next = number + 1;
        sent.whenComplete(
            (unused, error) -> {
              if (error != null) {
                ended.completeExceptionally(error);
              } else {
                tally.sent.incrementAndGet();
                flood(count, next, body, responses, tally, ended);
              }
            });
        return;
      }
      tally.sent.incrementAndGet();
    }
    tally.finished.incrementAndGet();
    ended.complete(null);
  }

  @Override
  public CompletionStage<Void> hold(
      AsyncRequests<HoldMessage> requests,
      AsyncResponses<HoldMessage> responses,
      ServerContext context) {
    CompletableFuture<Tally> tally = new CompletableFuture<>();
    return hold(requests, responses, tally)
        .whenComplete(
            (unused, error) -> {
              Tally counted = tally.getNow(new Tally());
              (error == null ? counted.finished : counted.cancelled).incrementAndGet();
            });
  }

  private static CompletableFuture<Void> hold(
      AsyncRequests<HoldMessage> requests,
      AsyncResponses<HoldMessage> responses,
      CompletableFuture<Tally> tally) {
    return requests
        .receive()
        .thenCompose(
            message -> {
              if (message == null) {
                return CompletableFuture.completedFuture(null);
              }
              if (tally.complete(Tally.of(message.getKey()))) {
                tally.join().started.incrementAndGet();
              }
              tally.join().received.incrementAndGet();
              return responses
                  .send(message)
                  .thenCompose(sent -> hold(requests, responses, tally));
            });
  }

  @Override
  public CompletionStage<ThrowReply> throw_(ThrowRequest request, ServerContext context) {
    throw new IllegalStateException("this handler always fails");
  }

  @Override
  public CompletionStage<Narrow> echoNarrow(Narrow request, ServerContext context) {
    return done(request.toBuilder().build());
  }

  @Override
  public CompletionStage<KillReply> kill(KillRequest request, ServerContext context) {
    Runtime.getRuntime().halt(Context.DIED);
    return null;
  }

  @Override
  public CompletionStage<ShutdownReply> shutdown(ShutdownRequest request, ServerContext context) {
    requestShutdown.accept(request.getGraceMs());
    return done(ShutdownReply.getDefaultInstance());
  }
}
