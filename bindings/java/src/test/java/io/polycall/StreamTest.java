package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcAsyncClient;
import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.Test;

public class StreamTest {
  private static final List<Service> STYLES = List.of(new BlockingCalc(), new AsyncCalc());

  private interface Check {
    void run(CalcServer at) throws Exception;
  }

  private static void everywhere(Check check) throws Exception {
    for (String transport : CalcServer.TRANSPORTS) {
      for (Service style : STYLES) {
        try (CalcServer at = new CalcServer(transport, style)) {
          check.run(at);
        }
      }
    }
  }

  private static List<Long> upTo(long end) {
    return LongStream.range(0, end).boxed().collect(Collectors.toList());
  }

  @Test(timeout = 60_000)
  public void responsesComeInOrder() throws Exception {
    everywhere(
        at -> {
          List<Long> found = new ArrayList<>();
          try (ServerStream<AddReply> stream = at.client().count(CalcServer.request(300, 0))) {
            for (AddReply reply : stream) {
              found.add(reply.getValue());
            }
            assertEquals(Status.OK, stream.status());
          }
          assertEquals(upTo(300), found);
          try (ServerStream<AddReply> stream = at.client().count(CalcServer.request(4, 0))) {
            assertEquals(6, stream.stream().mapToLong(AddReply::getValue).sum());
          }
        });
  }

  @Test(timeout = 60_000)
  public void requestsAreAddedUp() throws Exception {
    everywhere(
        at -> {
          List<AddRequest> requests =
              LongStream.range(0, 300)
                  .mapToObj(i -> CalcServer.request(i, 0))
                  .collect(Collectors.toList());
          assertEquals(300 * 299 / 2, at.client().sum(requests).getValue());
          try (ClientStream<AddRequest, AddReply> stream = at.client().sum()) {
            stream.sendBuffered(CalcServer.request(20, 0));
            stream.send(CalcServer.request(3, 0));
            assertEquals(23, stream.finish().getValue());
          }
          assertEquals(0, at.client().sum(List.of()).getValue());
        });
  }

  @Test(timeout = 60_000)
  public void requestsAndResponsesAlternate() throws Exception {
    everywhere(
        at -> {
          try (BidiStream<AddRequest, AddReply> stream = at.client().chat()) {
            for (long i = 0; i < 100; ++i) {
              stream.send(CalcServer.request(i, 1));
              assertEquals(i + 1, stream.receive().getValue());
            }
            stream.halfClose();
            assertNull(stream.receive());
            assertNull(stream.receive());
            StatusException late =
                assertThrows(
                    StatusException.class, () -> stream.send(AddRequest.getDefaultInstance()));
            assertEquals(StatusCode.FAILED_PRECONDITION, late.code());
          }
        });
  }

  @Test(timeout = 60_000)
  public void largeMessagesStreamBothWays() throws Exception {
    String text = "z".repeat(200_000);
    try (CalcServer at = new CalcServer("unix", new AsyncCalc())) {
      CalcAsyncClient client = new CalcAsyncClient(at.channel);
      assertEquals(text, client.add(CalcServer.request(text)).join().getText());
    }
  }

  @Test(timeout = 60_000)
  public void asynchronousStreamsDoTheSame() throws Exception {
    everywhere(
        at -> {
          CalcAsyncClient client = new CalcAsyncClient(at.channel);
          List<Long> found = new ArrayList<>();
          CompletableFuture<String> end = new CompletableFuture<>();
          client
              .count(CalcServer.request(300, 0))
              .observe(
                  new Observer<AddReply>() {
                    @Override
                    public void onNext(AddReply reply) {
                      found.add(reply.getValue());
                    }

                    @Override
                    public void onCompleted() {
                      end.complete("completed");
                    }

                    @Override
                    public void onError(Throwable error) {
                      end.completeExceptionally(error);
                    }
                  });
          assertEquals("completed", end.get(20, TimeUnit.SECONDS));
          assertEquals(upTo(300), found);

          AsyncClientStream<AddRequest, AddReply> sum = client.sum();
          sum.send(CalcServer.request(4, 0)).get(20, TimeUnit.SECONDS);
          sum.send(CalcServer.request(5, 0)).get(20, TimeUnit.SECONDS);
          assertEquals(9, sum.finish().get(20, TimeUnit.SECONDS).getValue());

          AsyncBidiStream<AddRequest, AddReply> chat = client.chat();
          for (long i = 0; i < 50; ++i) {
            CompletableFuture<AddReply> reply = chat.receive();
            chat.send(CalcServer.request(i, i)).get(20, TimeUnit.SECONDS);
            assertEquals(2 * i, reply.get(20, TimeUnit.SECONDS).getValue());
          }
          chat.halfClose();
          assertNull(chat.receive().get(20, TimeUnit.SECONDS));
          assertEquals(Status.OK, chat.status().get(20, TimeUnit.SECONDS));
        });
  }

  @Test(timeout = 60_000)
  public void anObserverThatThrowsCancelsItsCall() throws Exception {
    try (CalcServer at = new CalcServer("unix", new BlockingCalc())) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      AsyncServerStream<AddReply> stream =
          new CalcAsyncClient(at.channel).count(CalcServer.request(1_000_000, 0));
      stream.observe(
          new Observer<AddReply>() {
            @Override
            public void onNext(AddReply reply) {
              throw new IllegalStateException("enough");
            }

            @Override
            public void onError(Throwable error) {
              thrown.complete(error);
            }
          });
      assertEquals("enough", thrown.get(20, TimeUnit.SECONDS).getMessage());
      stream.close();
      assertEquals(StatusCode.CANCELLED, stream.status().get(20, TimeUnit.SECONDS).code());
    }
  }

  @Test(timeout = 60_000)
  public void leavingAStreamCancelsIt() throws Exception {
    for (String transport : CalcServer.TRANSPORTS) {
      BlockingCalc calc = new BlockingCalc();
      try (CalcServer at = new CalcServer(transport, calc)) {
        BidiStream<AddRequest, AddReply> stream = at.client().chat();
        stream.send(CalcServer.request(1, 1));
        assertEquals(2, stream.receive().getValue());
        stream.close();
        assertEquals(StatusCode.CANCELLED, stream.status().code());
        assertEquals(
            StatusCode.CANCELLED, assertThrows(StatusException.class, stream::receive).code());
        assertTrue(calc.cancelled.await(20, TimeUnit.SECONDS));
      }
    }
  }

  @Test(timeout = 60_000)
  public void aStreamThatFailsThrowsWhereItIsRead() throws Exception {
    try (CalcServer at = new CalcServer("unix", new calc.v1.CalcService() {})) {
      StatusException error =
          assertThrows(
              StatusException.class,
              () -> at.client().count(CalcServer.request(1, 0)).forEach(reply -> {}));
      assertEquals(StatusCode.UNIMPLEMENTED, error.code());
      assertEquals(
          StatusCode.UNIMPLEMENTED,
          assertThrows(StatusException.class, () -> at.client().sum(List.of())).code());
      CompletionException failed =
          assertThrows(
              CompletionException.class,
              () -> new CalcAsyncClient(at.channel).sum().finish().join());
      assertEquals(StatusCode.UNIMPLEMENTED, ((StatusException) failed.getCause()).code());
    }
  }

  @Test(timeout = 60_000)
  public void deadlinesEndStreams() throws Exception {
    try (CalcServer at = new CalcServer("unix", new BlockingCalc())) {
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(100));
      try (BidiStream<AddRequest, AddReply> stream = at.client().chat(soon)) {
        assertEquals(
            StatusCode.DEADLINE_EXCEEDED,
            assertThrows(StatusException.class, stream::receive).code());
      }
    }
  }

  @Test(timeout = 60_000)
  public void asynchronousHandlersFailAndAreCancelled() throws Exception {
    for (String transport : List.of("unix", "tcp")) {
      AsyncCalc calc = new AsyncCalc();
      try (CalcServer at = new CalcServer(transport, calc)) {
        StatusException later =
            assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request("fail")));
        assertEquals(StatusCode.ABORTED, later.code());
        StatusException thrown =
            assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request("?")));
        assertEquals(StatusCode.UNKNOWN, thrown.code());
        CallFuture<AddReply> future =
            new CalcAsyncClient(at.channel).odd(CalcServer.request("wait"));
        assertTrue(calc.started.await(20, TimeUnit.SECONDS));
        future.cancel(true);
        assertTrue(calc.cancelled.await(20, TimeUnit.SECONDS));
      }
    }
  }

  @Test(timeout = 60_000)
  public void twoReceivesAtOnceAreRefused() throws Exception {
    try (CalcServer at = new CalcServer("unix", new BlockingCalc())) {
      AsyncBidiStream<AddRequest, AddReply> chat = new CalcAsyncClient(at.channel).chat();
      CompletableFuture<AddReply> first = chat.receive();
      assertThrows(IllegalStateException.class, chat::receive);
      assertFalse(first.isDone());
      chat.close();
      assertThrows(CompletionException.class, first::join);
    }
  }
}
