package interop;

import static interop.Context.expect;
import static interop.Context.expectCode;
import static interop.Context.expectEqual;

import com.google.protobuf.ByteString;
import dev.polycall.testing.PolycallTest.Counters;
import dev.polycall.testing.PolycallTest.HoldMessage;
import dev.polycall.testing.PolycallTest.KillRequest;
import dev.polycall.testing.PolycallTest.Narrow;
import dev.polycall.testing.PolycallTest.ShutdownRequest;
import dev.polycall.testing.PolycallTest.SleepReply;
import dev.polycall.testing.PolycallTest.SleepRequest;
import dev.polycall.testing.PolycallTest.ThrowRequest;
import dev.polycall.testing.PolycallTest.Wide;
import io.grpc.testing.integration.EmptyOuterClass.Empty;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.polycall.BidiStream;
import io.polycall.CallFuture;
import io.polycall.StatusCode;
import io.polycall.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Handlers that fail, messages that do not fit, programs of another age, processes that die. */
final class FailureCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "handler_throws", FailureCases::handlerThrows,
          "message_too_large", FailureCases::messageTooLarge,
          "unknown_fields_kept", FailureCases::unknownFieldsKept,
          "client_dies_midstream.die", FailureCases::clientDiesMidstreamDie,
          "client_dies_midstream.check", FailureCases::clientDiesMidstreamCheck,
          "server_dies_midcall", FailureCases::serverDiesMidcall,
          "graceful_shutdown_loses_nothing", FailureCases::gracefulShutdownLosesNothing);

  private FailureCases() {}

  private static void handlerThrows(Context context) {
    for (int i = 0; i < 3; ++i) {
      expectCode(
          StatusCode.UNKNOWN, () -> context.own.throw_(ThrowRequest.getDefaultInstance()));
      context.callEmpty();
    }
  }

  private static void messageTooLarge(Context context) {
    int[][] sizes = {{17 << 20, 1}, {1, 17 << 20}};
    for (int[] pair : sizes) {
      SimpleRequest request =
          SimpleRequest.newBuilder()
              .setResponseSize(pair[1])
              .setPayload(TestHandlers.newPayload(pair[0]))
              .build();
      expectCode(StatusCode.RESOURCE_EXHAUSTED, () -> context.test.unaryCall(request));
      context.callEmpty();
    }
  }

  private static void unknownFieldsKept(Context context) throws Exception {
    Wide wide =
        Wide.newBuilder()
            .setName("known")
            .setNumber(-7)
            .setBody(ByteString.copyFrom(new byte[] {0, 1, -1}))
            .addWords("one")
            .addWords("")
            .setNested(Narrow.newBuilder().setName("inner"))
            .setFourBytes((int) 4000000000L)
            .setEightBytes(0x8000000000000001L)
            .putCounts("key", 3)
            .build();
    Narrow reply = context.own.echoNarrow(Narrow.parseFrom(wide.toByteString()));
    expectEqual(wide, Wide.parseFrom(reply.toByteString()), "EchoNarrow");
  }

  /** Opens a Hold stream and lets one message go to and fro: the handler is surely running. */
  private static BidiStream<HoldMessage, HoldMessage> startHold(Context context, String key) {
    BidiStream<HoldMessage, HoldMessage> stream = context.own.hold();
    stream.send(HoldMessage.newBuilder().setKey(key).build());
    expect(stream.receive() != null, "an answer");
    return stream;
  }

  private static void clientDiesMidstreamDie(Context context) {
    startHold(context, context.newKey("client_dies"));
    Runtime.getRuntime().halt(Context.DIED);
  }

  private static void clientDiesMidstreamCheck(Context context) {
    context.waitForCounter(
        context.newKey("client_dies"), "cancelled", Counters::getCancelled, 1);
  }

  private static void serverDiesMidcall(Context context) {
    BidiStream<HoldMessage, HoldMessage> stream =
        startHold(context, context.newKey("server_dies"));
    expectCode(StatusCode.UNAVAILABLE, () -> context.own.kill(KillRequest.getDefaultInstance()));
    expectCode(StatusCode.UNAVAILABLE, () -> stream.forEach(message -> {}));
    expectCode(StatusCode.UNAVAILABLE, () -> context.test.emptyCall(Empty.getDefaultInstance()));
  }

  private static void expectHoldGoesOn(BidiStream<HoldMessage, HoldMessage> stream) {
    stream.send(HoldMessage.newBuilder().setNumber(2).build());
    HoldMessage reply = stream.receive();
    expect(reply != null, "an answer");
    expectEqual(2, reply.getNumber(), "the answer's number");
    stream.halfClose();
    expect(stream.receive() == null, "the end of the stream");
  }

  private static void expectNoNewCalls(Context context) {
    for (int i = 0; i < 500; ++i) {
      try {
        context.test.emptyCall(Empty.getDefaultInstance());
      } catch (StatusException error) {
        expectEqual(StatusCode.UNAVAILABLE, error.code(), "EmptyCall");
        return;
      }
      Context.pause(20);
    }
    throw new CaseFailed("the server still takes calls 10 s after its shutdown began");
  }

  private static void gracefulShutdownLosesNothing(Context context) throws Exception {
    BidiStream<HoldMessage, HoldMessage> stream =
        startHold(context, context.newKey("graceful_shutdown"));
    String key = context.newKey("graceful_shutdown_sleep");
    SleepRequest request = SleepRequest.newBuilder().setKey(key).setMilliseconds(500).build();
    List<CallFuture<SleepReply>> futures = new ArrayList<>();
    for (int i = 0; i < 20; ++i) {
      futures.add(context.ownAsync.sleep(request));
    }
    context.waitForCounter(key, "started", Counters::getStarted, futures.size());
    context.own.shutdown(ShutdownRequest.newBuilder().setGraceMs(15000).build());
    for (CallFuture<SleepReply> future : futures) {
      future.get(30, TimeUnit.SECONDS);
    }
    expectHoldGoesOn(stream);
    expectNoNewCalls(context);
  }
}
