package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcAsyncClient;
import calc.v1.CalcClient;
import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.Test;

public class LifetimeTest {
  private final BlockingCalc calc = new BlockingCalc();

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 400 && !condition.getAsBoolean(); ++i) {
      System.gc();
      Thread.sleep(50);
    }
    assertTrue(condition.getAsBoolean());
  }

  @Test(timeout = 30_000)
  public void everyUseOfAClosedChannelThrows() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      Channel channel = new Channel(at.target);
      CalcClient client = new CalcClient(channel);
      client.add(CalcServer.request(1, 2));
      channel.close();
      channel.close();
      assertTrue(channel.isClosed());
      for (Runnable use :
          List.<Runnable>of(
              () -> client.add(CalcServer.request(1, 2)),
              client::chat,
              () -> new CalcAsyncClient(channel).add(CalcServer.request(1, 2)),
              channel::state,
              channel::explain,
              channel::transport,
              () -> channel.ping(Duration.ofSeconds(1)),
              () -> channel.waitReady(Duration.ofSeconds(1)))) {
        assertEquals(
            StatusCode.FAILED_PRECONDITION, assertThrows(StatusException.class, use::run).code());
      }
    }
  }

  @Test(timeout = 30_000)
  public void everyUseOfAClosedServerThrows() {
    Server server = new Server();
    server.close();
    server.close();
    for (Runnable use :
        List.<Runnable>of(
            server::start,
            server::stats,
            () -> server.add(calc),
            () -> server.listen("inproc:closed"),
            () -> server.await(Duration.ofSeconds(1)),
            () -> server.setServing("", true))) {
      assertEquals(
          StatusCode.FAILED_PRECONDITION, assertThrows(StatusException.class, use::run).code());
    }
  }

  @Test(timeout = 30_000)
  public void closingAChannelEndsItsStreamsAndFutures() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      BidiStream<AddRequest, AddReply> stream = at.client().chat();
      stream.send(CalcServer.request(1, 1));
      assertEquals(2, stream.receive().getValue());
      CallFuture<AddReply> future =
          new CalcAsyncClient(at.channel).odd(CalcServer.request("wait"));
      at.channel.close();
      assertEquals(
          StatusCode.CANCELLED, assertThrows(StatusException.class, stream::receive).code());
      CompletionException failed = assertThrows(CompletionException.class, future::join);
      assertEquals(StatusCode.CANCELLED, ((StatusException) failed.getCause()).code());
    }
  }

  @Test(timeout = 30_000)
  public void aChannelMayBeClosedInACallbackOfItsOwn() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      Channel channel = new Channel(at.target);
      new CalcAsyncClient(channel)
          .add(CalcServer.request(1, 2))
          .thenRun(channel::close)
          .get(20, TimeUnit.SECONDS);
      assertTrue(channel.isClosed());
    }
  }

  @Test(timeout = 30_000)
  public void forgottenStreamsEnd() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      for (int i = 0; i < 20; ++i) {
        at.client().chat().send(CalcServer.request(1, 1));
      }
      // The server may not have heard of them all yet: none in flight alone says nothing.
      eventually(
          () -> at.channel.live.size() == 0 && at.server.stats().callsInFlight() == 0);
    }
  }

  @Test(timeout = 30_000)
  public void forgottenChannelsAreClosed() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      for (int i = 0; i < 20; ++i) {
        new CalcClient(new Channel(at.target)).add(CalcServer.request(1, 2));
      }
      eventually(() -> at.server.stats().connectionsOpen() == 0);
    }
  }

  @Test(timeout = 30_000)
  public void aHandlerThatForgetsItsCallEndsIt() throws Exception {
    try (CalcServer at = new CalcServer("unix", new AsyncCalc())) {
      CallFuture<AddReply> future =
          new CalcAsyncClient(at.channel).odd(CalcServer.request("forget"));
      eventually(future::isDone);
      CompletionException failed = assertThrows(CompletionException.class, future::join);
      assertEquals(StatusCode.UNKNOWN, ((StatusException) failed.getCause()).code());
      assertTrue(failed.getMessage(), failed.getMessage().contains("without an answer"));
    }
  }

  @Test(timeout = 30_000)
  public void noCallbackIsLeftBehind() throws Exception {
    int before = Upcalls.pending();
    try (CalcServer at = new CalcServer("unix", calc)) {
      CalcAsyncClient client = new CalcAsyncClient(at.channel);
      for (int i = 0; i < 100; ++i) {
        client.add(CalcServer.request(i, 0)).get(20, TimeUnit.SECONDS);
      }
      at.client().odd(CalcServer.request("time"));
    }
    eventually(() -> Upcalls.pending() <= before);
  }

  @Test(timeout = 30_000)
  public void aServerShutsDownGracefullyAndUnblocksWhoWaits() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      CallFuture<AddReply> slow = new CalcAsyncClient(at.channel).odd(CalcServer.request("wait"));
      assertTrue(calc.started.await(20, TimeUnit.SECONDS));
      assertFalse(at.server.await(Duration.ofMillis(50)));
      Thread waiter = new Thread(at.server::await);
      waiter.start();
      at.server.shutdown(Duration.ofMillis(50));
      waiter.join(20_000);
      assertFalse(waiter.isAlive());
      CompletionException failed = assertThrows(CompletionException.class, slow::join);
      assertEquals(StatusCode.UNAVAILABLE, ((StatusException) failed.getCause()).code());
    }
  }

  @Test(timeout = 30_000)
  public void aHandlerMayCloseItsServer() throws Exception {
    CalcServer[] cell = new CalcServer[1];
    BlockingCalc closing =
        new BlockingCalc() {
          @Override
          public AddReply add(AddRequest request, ServerContext context) {
            assertThrows(
                IllegalStateException.class, () -> cell[0].server.shutdown(Duration.ZERO));
            cell[0].server.close();
            return CalcServer.reply(1);
          }
        };
    cell[0] = new CalcServer("unix", closing);
    try (CalcServer at = cell[0]) {
      try {
        at.client().add(CalcServer.request(1, 2));
      } catch (StatusException error) {
        assertEquals(StatusCode.UNAVAILABLE, error.code()); // the shutdown was faster
      }
      assertThrows(StatusException.class, at.server::stats);
    }
  }
}
