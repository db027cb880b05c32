package io.polycall;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcAsyncClient;
import calc.v1.CalcClient;
import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.Test;

public class UnaryTest {
  private final BlockingCalc calc = new BlockingCalc();

  @Test(timeout = 30_000)
  public void aCallIsAnsweredOverEveryTransport() {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        assertEquals(5, at.client().add(CalcServer.request(2, 3)).getValue());
        assertEquals(transport, at.channel.transport().orElseThrow());
      }
    }
  }

  @Test(timeout = 30_000)
  public void largeMessagesGoBothWays() {
    String text = "x".repeat(3_000_000);
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        assertEquals(text, at.client().add(CalcServer.request(text)).getText());
      }
    }
  }

  @Test(timeout = 30_000)
  public void messagesAroundTheSizeOfTheBuffersSurvive() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      for (int size = Scratch.CAPACITY - 20; size < Scratch.CAPACITY + 20; ++size) {
        String text = "y".repeat(size);
        assertEquals(text, at.client().add(CalcServer.request(text)).getText());
      }
    }
  }

  @Test(timeout = 30_000)
  public void withinTheProcessTheHandlerGetsTheObjectItself() {
    try (CalcServer at = new CalcServer("inproc", calc)) {
      AddRequest request = CalcServer.request(1, 2);
      assertEquals(3, at.client().add(request).getValue());
      assertSame(request, calc.lastRequest);
    }
    ServerOptions copies = ServerOptions.DEFAULT.copyRequests();
    try (CalcServer at = new CalcServer("inproc", calc, copies, ChannelOptions.DEFAULT)) {
      AddRequest request = CalcServer.request(1, 2);
      assertEquals(3, at.client().add(request).getValue());
      assertTrue(request != calc.lastRequest && request.equals(calc.lastRequest));
    }
  }

  @Test(timeout = 30_000)
  public void aStatusArrivesWithMessageAndDetails() {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        StatusException error =
            assertThrows(
                StatusException.class, () -> at.client().odd(CalcServer.request("status")));
        assertEquals(StatusCode.NOT_FOUND, error.code());
        assertEquals("kein \u00fcbler \ud83d\ude08 Grund", error.statusMessage());
        assertEquals("details", error.details().toStringUtf8());
      }
    }
  }

  @Test(timeout = 30_000)
  public void whatAHandlerThrowsBecomesAStatusAndTheServerLives() {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        for (String job : List.of("throw", "overflow", "memory")) {
          StatusException error =
              assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request(job)));
          assertTrue(
              error.toString(),
              CalcServer.isOneOf(error.code(), StatusCode.UNKNOWN, StatusCode.RESOURCE_EXHAUSTED));
          assertEquals(3, at.client().add(CalcServer.request(1, 2)).getValue());
        }
        StatusException nothing =
            assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request("null")));
        assertEquals(StatusCode.INTERNAL, nothing.code());
      }
    }
  }

  @Test(timeout = 30_000)
  public void metadataGoBothWays() {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        CallInfo info = new CallInfo();
        at.client()
            .odd(
                CalcServer.request("metadata"),
                CallOptions.metadata(Metadata.of("X-Question", "why")).withInfo(info));
        assertEquals("why", info.initialMetadata().get("x-initial"));
        assertArrayEquals(
            new byte[] {0, -1, 7}, info.trailingMetadata().getBytes("x-trailing-bin"));
      }
    }
  }

  @Test(timeout = 30_000)
  public void metadataThatAreNotAllowedEndTheCall() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      StatusException error =
          assertThrows(
              StatusException.class,
              () ->
                  at.client()
                      .add(
                          CalcServer.request(1, 2),
                          CallOptions.metadata(Metadata.of("no spaces", "v"))));
      assertEquals(StatusCode.INVALID_ARGUMENT, error.code());
      assertEquals(3, at.client().add(CalcServer.request(1, 2)).getValue());
    }
  }

  @Test(timeout = 30_000)
  public void deadlinesReachTheHandlerAndEndTheCall() throws Exception {
    for (String transport : CalcServer.TRANSPORTS) {
      BlockingCalc waiting = new BlockingCalc();
      try (CalcServer at = new CalcServer(transport, waiting)) {
        CallOptions minute = CallOptions.timeout(Duration.ofMinutes(1));
        long left = at.client().odd(CalcServer.request("time"), minute).getValue();
        assertTrue("" + left, left > 0 && left <= 60_000);
        assertEquals(-1, at.client().odd(CalcServer.request("time")).getValue());
        StatusException error =
            assertThrows(
                StatusException.class,
                () ->
                    at.client()
                        .odd(
                            CalcServer.request("wait"),
                            CallOptions.timeout(Duration.ofMillis(100))));
        assertEquals(StatusCode.DEADLINE_EXCEEDED, error.code());
        assertTrue(waiting.cancelled.await(20, TimeUnit.SECONDS));
      }
    }
  }

  @Test(timeout = 30_000)
  public void aTimeoutThatIsOverEndsTheCallAtOnce() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      StatusException error =
          assertThrows(
              StatusException.class,
              () -> at.client().add(CalcServer.request(1, 2), CallOptions.timeout(Duration.ZERO)));
      assertEquals(StatusCode.DEADLINE_EXCEEDED, error.code());
    }
  }

  @Test(timeout = 30_000)
  public void aMethodThatIsNotOverriddenIsUnimplemented() {
    try (CalcServer at = new CalcServer("unix", new calc.v1.CalcService() {})) {
      StatusException error =
          assertThrows(
              StatusException.class, () -> at.client().add(AddRequest.getDefaultInstance()));
      assertEquals(StatusCode.UNIMPLEMENTED, error.code());
    }
  }

  @Test(timeout = 30_000)
  public void futuresCompleteWithResponsesAndStatuses() throws Exception {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        CalcAsyncClient client = new CalcAsyncClient(at.channel);
        List<CallFuture<AddReply>> futures = new ArrayList<>();
        for (int i = 0; i < 200; ++i) {
          futures.add(client.add(CalcServer.request(i, 1)));
        }
        for (int i = 0; i < 200; ++i) {
          assertEquals(i + 1, futures.get(i).get(20, TimeUnit.SECONDS).getValue());
        }
        CompletionException failed =
            assertThrows(
                CompletionException.class, () -> client.odd(CalcServer.request("status")).join());
        assertEquals(StatusCode.NOT_FOUND, ((StatusException) failed.getCause()).code());
      }
    }
  }

  @Test(timeout = 30_000)
  public void cancellingAFutureCancelsTheCall() throws Exception {
    for (String transport : List.of("unix", "tcp")) {
      BlockingCalc waiting = new BlockingCalc();
      try (CalcServer at = new CalcServer(transport, waiting)) {
        CallFuture<AddReply> future =
            new CalcAsyncClient(at.channel).odd(CalcServer.request("wait"));
        assertTrue(waiting.started.await(20, TimeUnit.SECONDS));
        assertTrue(future.cancel(true));
        assertThrows(CancellationException.class, future::join);
        assertTrue(waiting.cancelled.await(20, TimeUnit.SECONDS));
      }
    }
  }

  @Test(timeout = 30_000)
  public void aHandlersCallsInheritItsDeadline() {
    try (CalcServer inner = new CalcServer("unix", calc)) {
      CalcClient next = inner.client();
      BlockingCalc outerCalc =
          new BlockingCalc() {
            @Override
            public AddReply odd(AddRequest request, ServerContext context) {
              return next.odd(request);
            }
          };
      try (CalcServer outer = new CalcServer("unix", outerCalc)) {
        CallOptions minute = CallOptions.timeout(Duration.ofMinutes(1));
        long left = outer.client().odd(CalcServer.request("time"), minute).getValue();
        assertTrue("" + left, left > 0 && left <= 60_000);
      }
    }
  }

  @Test(timeout = 30_000)
  public void callsWithinCallsWithinTheProcessKeepTheirMessages() {
    try (CalcServer inner = new CalcServer("inproc", calc)) {
      CalcClient next = inner.client();
      BlockingCalc recursive =
          new BlockingCalc() {
            @Override
            public AddReply add(AddRequest request, ServerContext context) {
              AddReply reply = next.add(request);
              return reply.toBuilder().setValue(reply.getValue() + request.getA()).build();
            }
          };
      ServerOptions copies = ServerOptions.DEFAULT.copyRequests();
      try (CalcServer outer =
          new CalcServer("inproc", recursive, copies, ChannelOptions.DEFAULT)) {
        for (int i = 0; i < 2_000; ++i) {
          assertEquals(2 * i + 7, outer.client().add(CalcServer.request(i, 7)).getValue());
        }
      }
    }
  }

  @Test(timeout = 30_000)
  public void theContextSaysWhereACallComesFrom() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      String text = at.client().odd(CalcServer.request("peer")).getText();
      assertTrue(text, text.startsWith("calc.v1.Calc/Odd unix unix:"));
      assertTrue(text, text.contains("pid=" + ProcessHandle.current().pid()));
    }
  }

  @Test(timeout = 30_000)
  public void aContextThatIsUsedAfterItsCallThrows() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      at.client().odd(CalcServer.request("time"));
      ServerContext old = calc.lastContext;
      for (Runnable use :
          List.<Runnable>of(
              old::metadata, old::timeLeft, old::peer, () -> old.onCancel(() -> {}))) {
        assertEquals(
            StatusCode.FAILED_PRECONDITION, assertThrows(StatusException.class, use::run).code());
      }
      assertFalse(old.isCancelled());
    }
  }

  @Test(timeout = 60_000)
  public void manyThreadsCallAtOnce() throws Exception {
    for (String transport : CalcServer.TRANSPORTS) {
      try (CalcServer at = new CalcServer(transport, calc)) {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int t = 0; t < 8; ++t) {
          int number = t;
          Thread thread =
              new Thread(
                  () -> {
                    for (int i = 0; i < 500; ++i) {
                      assertEquals(
                          number + i,
                          at.client().add(CalcServer.request(number, i)).getValue());
                    }
                  });
          thread.setUncaughtExceptionHandler((who, error) -> failures.add(error));
          thread.start();
          threads.add(thread);
        }
        for (Thread thread : threads) {
          thread.join();
        }
        assertEquals(List.of(), failures);
      }
    }
  }
}
