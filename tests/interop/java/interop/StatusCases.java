package interop;

import static interop.Context.expect;
import static interop.Context.expectCode;
import static interop.Context.expectEqual;

import io.grpc.testing.integration.EmptyOuterClass.Empty;
import io.grpc.testing.integration.Messages.EchoStatus;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.UnimplementedServiceClient;
import io.polycall.BidiStream;
import io.polycall.CallInfo;
import io.polycall.CallOptions;
import io.polycall.Metadata;
import io.polycall.StatusCode;
import java.util.Arrays;
import java.util.Map;

/** Metadata, and statuses as handlers and servers make them. */
final class StatusCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "custom_metadata", StatusCases::customMetadata,
          "status_code_and_message", StatusCases::statusCodeAndMessage,
          "special_status_message", StatusCases::specialStatusMessage,
          "unimplemented_method", StatusCases::unimplementedMethod,
          "unimplemented_service", StatusCases::unimplementedService);

  private static final String INITIAL_KEY = "x-grpc-test-echo-initial";
  private static final String INITIAL = "test_initial_metadata_value";
  private static final String TRAILING_KEY = "x-grpc-test-echo-trailing-bin";
  private static final byte[] TRAILING = {(byte) 0xab, (byte) 0xab, (byte) 0xab};

  private StatusCases() {}

  private static void expectMetadata(Metadata initial, Metadata trailing) {
    expectEqual(INITIAL, String.valueOf(initial.get(INITIAL_KEY)), "the initial metadata");
    expect(
        Arrays.equals(TRAILING, trailing.getBytes(TRAILING_KEY)),
        "the trailing metadata, found " + trailing);
  }

  private static void customMetadata(Context context) {
    Metadata metadata = new Metadata().add(INITIAL_KEY, INITIAL).add(TRAILING_KEY, TRAILING);
    CallOptions options = CallOptions.metadata(metadata);
    CallInfo info = new CallInfo();
    context.test.unaryCall(
        SimpleRequest.newBuilder()
            .setResponseSize(314159)
            .setPayload(TestHandlers.newPayload(271828))
            .build(),
        options.withInfo(info));
    expectMetadata(info.initialMetadata(), info.trailingMetadata());

    try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
        context.test.fullDuplexCall(options)) {
      stream.send(StreamCases.request(271828, 314159));
      stream.halfClose();
      Metadata initial = stream.initialMetadata();
      expect(stream.receive() != null, "a response");
      expect(stream.receive() == null, "one response, not more");
      expectMetadata(initial, stream.trailingMetadata());
    }
  }

  private static EchoStatus unknown(String message) {
    return EchoStatus.newBuilder().setCode(2).setMessage(message).build();
  }

  private static void unaryEchoesStatus(Context context, String message) {
    SimpleRequest request = SimpleRequest.newBuilder().setResponseStatus(unknown(message)).build();
    expectEqual(
        message,
        expectCode(StatusCode.UNKNOWN, () -> context.test.unaryCall(request)).statusMessage(),
        "the status's message");
  }

  private static void statusCodeAndMessage(Context context) {
    String message = "test status message";
    unaryEchoesStatus(context, message);
    try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
        context.test.fullDuplexCall()) {
      stream.send(
          StreamingOutputCallRequest.newBuilder().setResponseStatus(unknown(message)).build());
      stream.halfClose();
      expectEqual(
          message,
          expectCode(StatusCode.UNKNOWN, stream::receive).statusMessage(),
          "the status's message");
    }
  }

  private static void specialStatusMessage(Context context) {
    unaryEchoesStatus(
        context,
        "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n");
  }

  private static void unimplementedMethod(Context context) {
    expectCode(
        StatusCode.UNIMPLEMENTED,
        () -> context.test.unimplementedCall(Empty.getDefaultInstance()));
    context.callEmpty();
  }

  private static void unimplementedService(Context context) {
    expectCode(
        StatusCode.UNIMPLEMENTED,
        () ->
            new UnimplementedServiceClient(context.channel)
                .unimplementedCall(Empty.getDefaultInstance()));
    context.callEmpty();
  }
}
