package interop;

import com.google.protobuf.ByteString;
import io.grpc.testing.integration.EmptyOuterClass.Empty;
import io.grpc.testing.integration.Messages.EchoStatus;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.ResponseParameters;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.grpc.testing.integration.TestServiceService;
import io.polycall.Metadata;
import io.polycall.Requests;
import io.polycall.Responses;
import io.polycall.ServerContext;
import io.polycall.StatusCode;
import io.polycall.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * grpc.testing.TestService with blocking handlers. unimplementedCall is not overridden: that is its
 * case.
 */
final class TestHandlers extends TestServiceService {
  private static final String INITIAL_KEY = "x-grpc-test-echo-initial";
  private static final String TRAILING_KEY = "x-grpc-test-echo-trailing-bin";

  private static void echoMetadata(ServerContext context) {
    Metadata metadata = context.metadata();
    String initial = metadata.get(INITIAL_KEY);
    if (initial != null) {
      context.sendInitialMetadata(Metadata.of(INITIAL_KEY, initial));
    }
    byte[] trailing = metadata.getBytes(TRAILING_KEY);
    if (trailing != null) {
      context.setTrailingMetadata(new Metadata().add(TRAILING_KEY, trailing));
    }
  }

  private static void echoStatus(EchoStatus status) {
    if (status.getCode() != 0) {
      throw new StatusException(StatusCode.of(status.getCode()), status.getMessage());
    }
  }

  static Payload newPayload(int size) {
    if (size < 0) {
      throw new StatusException(StatusCode.INVALID_ARGUMENT, "the size is negative");
    }
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  /** Sends what one request asks for. */
  private static void respond(
      StreamingOutputCallRequest request, Responses<StreamingOutputCallResponse> responses)
      throws InterruptedException {
    for (ResponseParameters wanted : request.getResponseParametersList()) {
      TimeUnit.MICROSECONDS.sleep(wanted.getIntervalUs());
      responses.send(
          StreamingOutputCallResponse.newBuilder()
              .setPayload(newPayload(wanted.getSize()))
              .build());
    }
  }

  @Override
  public Empty emptyCall(Empty request, ServerContext context) {
    return Empty.getDefaultInstance();
  }

  @Override
  public SimpleResponse unaryCall(SimpleRequest request, ServerContext context) {
    echoMetadata(context);
    echoStatus(request.getResponseStatus());
    return SimpleResponse.newBuilder().setPayload(newPayload(request.getResponseSize())).build();
  }

  @Override
  public void streamingOutputCall(
      StreamingOutputCallRequest request,
      Responses<StreamingOutputCallResponse> responses,
      ServerContext context)
      throws InterruptedException {
    echoMetadata(context);
    echoStatus(request.getResponseStatus());
    respond(request, responses);
  }

  @Override
  public StreamingInputCallResponse streamingInputCall(
      Requests<StreamingInputCallRequest> requests, ServerContext context) {
    int size = 0;
    for (StreamingInputCallRequest request : requests) {
      size += request.getPayload().getBody().size();
    }
    return StreamingInputCallResponse.newBuilder().setAggregatedPayloadSize(size).build();
  }

  @Override
  public void fullDuplexCall(
      Requests<StreamingOutputCallRequest> requests,
      Responses<StreamingOutputCallResponse> responses,
      ServerContext context)
      throws InterruptedException {
    echoMetadata(context);
    for (StreamingOutputCallRequest request : requests) {
      echoStatus(request.getResponseStatus());
      respond(request, responses);
    }
  }

  @Override
  public void halfDuplexCall(
      Requests<StreamingOutputCallRequest> requests,
      Responses<StreamingOutputCallResponse> responses,
      ServerContext context)
      throws InterruptedException {
    List<StreamingOutputCallRequest> all = new ArrayList<>();
    requests.forEach(all::add);
    for (StreamingOutputCallRequest request : all) {
      respond(request, responses);
    }
  }
}
